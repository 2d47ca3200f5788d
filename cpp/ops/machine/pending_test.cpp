// The next call deletes what a killed call left, and nothing that anybody needs.
#include "ops/machine/pending.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>

#include "format/vmsn.h"
#include "testing/machines/machines.h"
#include "testing/machines/snapshot_machine.h"
#include "testing/process/failure.h"
#include "testing/process/system_calls.h"
#include "vm/snapshots/snapshot_tree.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::TempFolder;
using testing::write_file;

constexpr const char* kNames =
    "data-f001.vmdk data-f002.vmdk data.vmdk disk-000001.vmdk disk.vmdk vm.nvram vm.vmx vm.vmxf";

class PendingTest : public ::testing::Test {
  protected:
    // Reproduces a call that is killed after it has written its journal.
    template <typename Add>
    void die_over(Add add) {
        const fs::path journal = machine_ / "vm.vix-pending";
        {
            const vm::Machine machine = opened();
            Pending pending{machine};
            add(pending);
            pending.write();
            fs::create_hard_link(journal, machine_ / "kept");
            pending.done();
        }
        fs::rename(machine_ / "kept", journal);
    }

    vm::Machine opened() const { return vm::Machine::open(vmx_, settings_); }
    std::string names() const { return testing::names_in(machine_); }

    const TempFolder folder_;
    const fs::path machine_ = folder_ / "vm";
    const vm::Settings settings_ = testing::plain_settings();
    const fs::path vmx_ = testing::write_small_machine(machine_);
};

TEST_F(PendingTest, FilesThatNobodyNeedsGo) {
    die_over([&](Pending& pending) {
        pending.add(machine_ / "disk-000002.vmdk");
        pending.add(machine_ / "vm-Snapshot1.vmsn");
    });
    write_file(machine_ / "disk-000002.vmdk", "half");
    write_file(machine_ / "vm-Snapshot1.vmsn", "");
    write_file(machine_ / "vm-Snapshot1.vmsn.vix-new", "");
    EXPECT_TRUE(Pending::is_due(vmx_));
    Pending::take_up(opened());
    EXPECT_EQ(names(), kNames);
    EXPECT_FALSE(Pending::is_due(vmx_));
}

TEST_F(PendingTest, ReplacementsThatWereNotMadeGoAlsoWithoutIt) {
    write_file(machine_ / "vm.vmx.vix-new", "");
    write_file(machine_ / "vm.vmx.vix-old", "");
    write_file(machine_ / "vm.vmsd.vix-new", "");
    Pending::take_up(opened());
    EXPECT_EQ(names(), kNames);
}

TEST_F(PendingTest, WhatIsReferredToStays) {
    die_over([&](Pending& pending) {
        for (const char* name : {"disk.vmdk", "disk-000001.vmdk", "data.vmdk", "data-f001.vmdk"}) {
            pending.add(machine_ / name);
        }
    });
    Pending::take_up(opened());
    EXPECT_EQ(names(), kNames);
}

// Another product has used the name, and the user has detached the disk since.
TEST_F(PendingTest, ADiskThatHasComeByTheNameStays) {
    die_over([&](Pending& pending) { pending.add(machine_ / "disk-000002.vmdk"); });
    write_file(machine_ / "disk-000002.vmdk", testing::mono_disk("disk-000002.vmdk", 'g', 1));
    Pending::take_up(opened());
    EXPECT_TRUE(fs::exists(machine_ / "disk-000002.vmdk"));
}

TEST_F(PendingTest, ADiskThatWasToBeDeletedGoes) {
    write_file(machine_ / "disk-000002.vmdk", testing::mono_disk("disk-000002.vmdk", 'g', 1));
    die_over([&](Pending& pending) { pending.add(machine_ / "disk-000002.vmdk"); });
    Pending::take_up(opened());
    EXPECT_EQ(names(), kNames);
}

// The user has detached a disk after the crash. Recovery must not delete it.
TEST_F(PendingTest, ADiskThatWasDetachedSinceStays) {
    die_over([&](Pending& pending) {
        pending.expect_nodes(vm::Config::read(vmx_));
        for (const char* name : {"data.vmdk", "data-f001.vmdk", "disk-000002.vmdk"}) {
            pending.add(machine_ / name);
        }
    });
    write_file(machine_ / "disk-000002.vmdk", "half");
    write_file(vmx_, testing::vmx_with_disks({"scsi0:0=disk-000001.vmdk"}));
    Pending::take_up(opened());
    EXPECT_EQ(names(), kNames);
}

TEST_F(PendingTest, WhatASnapshotRefersToStays) {
    write_file(machine_ / "old.vmdk", testing::mono_disk("old.vmdk", 'o', 1));
    write_file(machine_ / "vm-Snapshot1.vmsn", "");
    write_file(machine_ / "vm-Snapshot1.vmem", "");
    write_file(machine_ / "vm.vmsd",
               "snapshot0.uid = \"1\"\nsnapshot0.filename = \"vm-Snapshot1.vmsn\"\n"
               "snapshot0.disk0.fileName = \"old.vmdk\"\nsnapshot0.disk0.node = \"scsi0:0\"\n");
    const std::string before = names();
    die_over([&](Pending& pending) {
        for (const char* name : {"old.vmdk", "vm-Snapshot1.vmsn", "vm-Snapshot1.vmem"}) {
            pending.add(machine_ / name);
        }
    });
    Pending::take_up(opened());
    EXPECT_EQ(names(), before);
}

TEST_F(PendingTest, WhatAnotherMachineOfTheFolderStandsOnStays) {
    write_file(machine_ / "theirs.vmdk", testing::mono_disk("theirs.vmdk", 'o', 1));
    write_file(machine_ / "other.vmx", testing::vmx_with_disks({"scsi0:0=theirs.vmdk"}));
    die_over([&](Pending& pending) { pending.add(machine_ / "theirs.vmdk"); });
    Pending::take_up(opened());
    EXPECT_TRUE(fs::exists(machine_ / "theirs.vmdk"));
}

TEST_F(PendingTest, WhatADiskThatNothingNamesDependsOnStays) {
    write_file(machine_ / "old.vmdk", testing::mono_disk("old.vmdk", 'o', 1, 5));
    write_file(machine_ / "child.vmdk", testing::mono_disk("child.vmdk", 'c', 1, 6, "old.vmdk", 5));
    die_over([&](Pending& pending) { pending.add(machine_ / "old.vmdk"); });
    Pending::take_up(opened());
    EXPECT_TRUE(fs::exists(machine_ / "old.vmdk"));
}

// A whole chain that nobody needs is deleted.
TEST_F(PendingTest, DisksThatGoTogetherNeedNothing) {
    write_file(machine_ / "old.vmdk", testing::mono_disk("old.vmdk", 'o', 1, 5));
    write_file(machine_ / "child.vmdk", testing::mono_disk("child.vmdk", 'c', 1, 6, "old.vmdk", 5));
    die_over([&](Pending& pending) {
        pending.add(machine_ / "old.vmdk");
        pending.add(machine_ / "child.vmdk");
    });
    Pending::take_up(opened());
    EXPECT_EQ(names(), kNames);
}

// The snapshot list has dropped the snapshot. Its state is deleted with its disks and does not need
// them.
TEST_F(PendingTest, AStateThatGoesNeedsNothing) {
    write_file(machine_ / "old.vmdk", testing::mono_disk("old.vmdk", 'o', 1, 5));
    const auto config = testing::vmx_with_disks({"scsi0:0=old.vmdk"});
    write_file(machine_ / "vm-Snapshot1.vmsn", format::to_vmsn({config, "", ""}));
    die_over([&](Pending& pending) {
        pending.add(machine_ / "old.vmdk");
        pending.add(machine_ / "vm-Snapshot1.vmsn");
    });
    Pending::take_up(opened());
    EXPECT_EQ(names(), kNames);
}

// The same for a state that another machine's snapshot list names: it stays, and so do its disks.
TEST_F(PendingTest, AStateThatStaysNeedsItsDisks) {
    write_file(machine_ / "old.vmdk", testing::mono_disk("old.vmdk", 'o', 1, 5));
    const auto config = testing::vmx_with_disks({"scsi0:0=old.vmdk"});
    write_file(machine_ / "vm-Snapshot1.vmsn", format::to_vmsn({config, "", ""}));
    write_file(machine_ / "other.vmsd", "snapshot0.filename = \"vm-Snapshot1.vmsn\"\n");
    const std::string before = names();
    die_over([&](Pending& pending) {
        pending.add(machine_ / "old.vmdk");
        pending.add(machine_ / "vm-Snapshot1.vmsn");
    });
    Pending::take_up(opened());
    EXPECT_EQ(names(), before);
}

TEST_F(PendingTest, NothingGoesWhileTheMachineCannotBeRead) {
    die_over([&](Pending& pending) { pending.add(machine_ / "disk-000002.vmdk"); });
    write_file(machine_ / "disk-000002.vmdk", "half");
    fs::rename(machine_ / "disk.vmdk", machine_ / "away");
    Pending::take_up(opened());
    EXPECT_TRUE(fs::exists(machine_ / "disk-000002.vmdk"));
    fs::rename(machine_ / "away", machine_ / "disk.vmdk");
    Pending::take_up(opened());
    EXPECT_EQ(names(), kNames);
}

// A user who can write to the folder can delete there anyway, but a downloaded machine must not.
TEST_F(PendingTest, OneThatWasCopiedMeansNothing) {
    die_over([&](Pending& pending) { pending.add(machine_ / "notes.vmdk"); });
    write_file(machine_ / "notes.vmdk", "mine");
    const std::string text = testing::read_file(machine_ / "vm.vix-pending");
    fs::rename(machine_ / "vm.vix-pending", machine_ / "original");
    write_file(machine_ / "vm.vix-pending", text);
    Pending::take_up(opened());
    EXPECT_TRUE(fs::exists(machine_ / "notes.vmdk"));
    EXPECT_FALSE(fs::exists(machine_ / "vm.vix-pending"));
}

TEST_F(PendingTest, OnlyFilesThatCallsMakeGo) {
    fs::create_directory(machine_ / "folder.vmdk");
    fs::create_symlink("notes.txt", machine_ / "link.vmdk");
    write_file(machine_ / "notes.txt", "mine");
    const std::string before = names();
    die_over([&](Pending& pending) {
        pending.add(machine_ / "notes.txt");
        pending.add(machine_ / "folder.vmdk");
        pending.add(machine_ / "link.vmdk");
        pending.add(vmx_);
    });
    Pending::take_up(opened());
    EXPECT_EQ(names(), before);
}

class PendingElsewhere : public PendingTest {
  protected:
    PendingElsewhere() {
        fs::create_directory(folder_ / "far");
        write_file(folder_ / "far/far-000001.vmdk", "half");
        die_over([&](Pending& pending) { pending.add(folder_ / "far/far-000001.vmdk"); });
    }

    std::string far() const { return testing::names_in(folder_ / "far"); }
};

TEST_F(PendingElsewhere, FilesThatNobodyNeedsGo) {
    Pending::take_up(opened());
    EXPECT_EQ(far(), "");
}

TEST_F(PendingElsewhere, WhatAMachineThereStandsOnStays) {
    write_file(folder_ / "far/far-000001.vmdk", testing::mono_disk("far-000001.vmdk", 'f', 1));
    write_file(folder_ / "far/far.vmx", testing::vmx_with_disks({"scsi0:0=far-000001.vmdk"}));
    Pending::take_up(opened());
    EXPECT_EQ(far(), "far-000001.vmdk far.vmx");
}

// A user who can write to the machine's folder can write any name into the journal.
TEST_F(PendingElsewhere, NothingGoesAtTheWordOfAnotherUser) {
    const int given = chown((machine_ / "vm.vix-pending").c_str(), geteuid() + 1, -1);
    if (given != 0) GTEST_SKIP() << "needs root";
    Pending::take_up(opened());
    EXPECT_EQ(far(), "far-000001.vmdk");
}

TEST_F(PendingTest, OneThatIsTornMeansNothing) {
    for (const std::string& text : {std::string{}, std::string(200, '\0'), std::string{"vix"}}) {
        write_file(machine_ / "vm.vix-pending", text);
        Pending::take_up(opened());
        EXPECT_EQ(names(), kNames);
    }
}

TEST_F(PendingTest, ADiskTooManyIsRememberedForTheNextRemoval) {
    die_over([&](Pending& pending) { pending.add_merge(machine_ / "disk.vmdk"); });
    Pending::take_up(opened());
    EXPECT_FALSE(Pending::is_due(vmx_));
    const vm::Machine machine = opened();
    Pending pending{machine};
    EXPECT_EQ(pending.take_over_merges(), std::set<fs::path>{machine_ / "disk.vmdk"});
}

TEST_F(PendingTest, ADiskThatIsNeededByItselfIsNotMerged) {
    die_over([&](Pending& pending) { pending.add_merge(machine_ / "disk-000001.vmdk"); });
    Pending::take_up(opened());
    EXPECT_EQ(names(), kNames);
}

TEST_F(PendingTest, AFailureTidiesUpAtOnce) {
    const auto fail = [&] {
        const vm::Machine machine = opened();
        Pending pending{machine};
        pending.add(machine_ / "disk-000002.vmdk");
        pending.write();
        write_file(machine_ / "disk-000002.vmdk", "half");
        throw Error{VIX_E_DISK_FULL, ""};
    };
    EXPECT_EQ(code_of(fail), VIX_E_DISK_FULL);
    EXPECT_EQ(names(), kNames);
}

TEST_F(PendingTest, OneThatCannotBeDeletedNowGoesLater) {
    die_over([&](Pending& pending) { pending.add(machine_ / "disk-000002.vmdk"); });
    write_file(machine_ / "disk-000002.vmdk", "half");
    {
        const testing::Refusal refusal{testing::Call::Unlink, "disk-000002.vmdk"};
        Pending::take_up(opened());
        EXPECT_EQ(refusal.count(), 3);  // also as .vix-new and .vix-old
    }
    EXPECT_TRUE(fs::exists(machine_ / "disk-000002.vmdk"));
    EXPECT_TRUE(Pending::is_due(vmx_));
    Pending::take_up(opened());
    EXPECT_EQ(names(), kNames);
}

// This nvram belongs to the machine's configuration.
TEST_F(PendingTest, NvramThatCannotBeReplacedNowIsReplacedLater) {
    die_over([&](Pending& pending) {
        pending.add(machine_ / "disk-000002.vmdk");
        pending.follow_config(testing::read_file(vmx_));
        pending.replace_then(machine_ / "vm.nvram");
    });
    write_file(machine_ / "vm.nvram.vix-new", "to come");
    {
        const testing::Refusal refusal{testing::Call::Rename, "vm.nvram"};
        Pending::take_up(opened());
        EXPECT_GT(refusal.count(), 0);
    }
    EXPECT_NE(testing::read_file(machine_ / "vm.nvram"), "to come");
    Pending::take_up(opened());
    EXPECT_EQ(testing::read_file(machine_ / "vm.nvram"), "to come");
    EXPECT_EQ(names(), kNames);
}

}  // namespace
}  // namespace vix::ops
