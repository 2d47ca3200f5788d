// Machines as users leave them: a disk taken out of the .vmx, a snapshot list lost, a folder
// copied. No call may delete a disk that another one depends on.
#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "ops/machine/machine_lock.h"
#include "ops/machine/remove.h"
#include "testing/disks/alike.h"
#include "testing/machines/snapshot_machine.h"
#include "testing/process/system_calls.h"
#include "vm/disks/disk.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::SnapshotMachine;
using testing::TempFolder;

class NotingProgress : public Progress {
  public:
    void note(const std::string& text) override { notes += text + '\n'; }
    std::string notes;
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// The machine's second disk is detached in different ways after a snapshot.
class DetachedDisk : public ::testing::TestWithParam<std::pair<const char*, const char*>> {
  protected:
    DetachedDisk() {
        machine_.take("first");
        machine_.write("scsi0:1", 128, 'd');
        content_ = machine_.now.at("scsi0:1");
        const auto& [from, to] = GetParam();
        testing::write_file(machine_.vmx, replaced(testing::read_file(machine_.vmx), from, to));
        machine_.now.erase("scsi0:1");
    }

    std::string detached() const {
        return testing::disk_content_at(folder_ / "vm/data-000001.vmdk");
    }

    const TempFolder folder_;
    SnapshotMachine machine_{folder_ / "vm"};
    std::string content_;
};

TEST_P(DetachedDisk, ReadsAsBeforeWhenTheSnapshotIsRemoved) {
    NotingProgress progress;
    remove_snapshot(machine_.vmx, 1, RemoveChildren::No, testing::plain_settings(), progress);
    EXPECT_EQ(detached(), content_);
    EXPECT_NE(progress.notes.find("data.vmdk is kept"), std::string::npos) << progress.notes;
    machine_.then.clear();
    EXPECT_TRUE(machine_.reads_as_it_should());
}

TEST_P(DetachedDisk, ReadsAsBeforeWhenMoreSnapshotsComeAndGo) {
    machine_.take("second");
    machine_.write("scsi0:0", 256, 'e');
    machine_.remove(1);
    machine_.remove(2);
    EXPECT_EQ(detached(), content_);
    machine_.then.clear();
    EXPECT_TRUE(machine_.reads_as_it_should());
}

TEST_P(DetachedDisk, ReadsAsBeforeAfterGoingBackAndRemoving) {
    machine_.revert(1);
    machine_.remove(1, RemoveChildren::Yes);
    EXPECT_EQ(detached(), content_);
}

TEST_P(DetachedDisk, IsMergedOnceItIsAttachedAgain) {
    machine_.remove(1);
    machine_.then.clear();
    const auto& [from, to] = GetParam();
    std::string again = testing::read_file(machine_.vmx);
    again = std::string{to}.empty() ? again + from : replaced(again, to, from);
    testing::write_file(machine_.vmx, again);
    machine_.now["scsi0:1"] = content_;
    EXPECT_TRUE(machine_.reads_as_it_should());
    machine_.remove(machine_.take("next"));
    machine_.then.clear();
    EXPECT_TRUE(machine_.reads_as_it_should());
    EXPECT_EQ(testing::present_disk(machine_.vmx, "scsi0:1"), "data.vmdk");
}

INSTANTIATE_TEST_SUITE_P(
    Ways, DetachedDisk,
    ::testing::Values(std::pair{"scsi0:1.fileName = \"data-000001.vmdk\"\n", ""},
                      std::pair{"scsi0:1.present = \"TRUE\"", "scsi0:1.present = \"FALSE\""}),
    [](const auto& way) { return way.index == 0 ? "LineDeleted" : "SwitchedOff"; });

TEST(Remove, LeavesWhatAStrayDiskDependsOn) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "vm");
    folder.write("vm/stray.vmdk",
                 testing::mono_disk("stray.vmdk", 's', 1, 9, "disk.vmdk", 0x11111111));
    const auto content = testing::disk_content_at(folder / "vm/stray.vmdk");
    NotingProgress progress;
    remove_machine(vmx, RemoveDisks::Yes, testing::plain_settings(), progress);
    EXPECT_EQ(testing::names_in(folder / "vm"), "disk.vmdk stray.vmdk");
    EXPECT_EQ(testing::disk_content_at(folder / "vm/stray.vmdk"), content);
    EXPECT_NE(progress.notes.find("disk.vmdk is kept: "), std::string::npos) << progress.notes;
}

TEST(Remove, LeavesADiskThatIsCalledLikeChangeTracking) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "vm");
    folder.write("vm/disk-ctk.vmdk", testing::mono_disk("disk-ctk.vmdk", 'c', 1));
    folder.write("vm/data-ctk.vmdk", std::string(600, '\x03'));
    Progress progress;
    remove_machine(vmx, RemoveDisks::Yes, testing::plain_settings(), progress);
    EXPECT_EQ(testing::names_in(folder / "vm"), "disk-ctk.vmdk");
}

// Reading the folder once per snapshot would make the time grow with the square of their number.
TEST(Remove, ReadsTheFolderAsOftenWithManySnapshotsAsWithFew) {
    std::vector<int> opened;
    for (const int snapshots : {2, 12}) {
        const TempFolder folder;
        SnapshotMachine machine{folder / "vm"};
        for (int i = 0; i < snapshots; ++i) machine.take("s");
        const int before = testing::opened_folders();
        Progress progress;
        remove_machine(machine.vmx, RemoveDisks::Yes, testing::plain_settings(), progress);
        opened.push_back(testing::opened_folders() - before);
    }
    EXPECT_GT(opened[0], 0);
    EXPECT_EQ(opened[0], opened[1]);
}

// Apart from what the machine's lock reads.
TEST(Snapshot, ReadsTheFolderOfItsMachineOnce) {
    const TempFolder folder;
    SnapshotMachine machine{folder / "vm"};
    machine.take("first");
    const int at_first = testing::opened_folders();
    Progress progress;
    { const MachineLock lock{machine.vmx, testing::plain_settings(), progress}; }
    const int before = testing::opened_folders();
    machine.take("second");
    EXPECT_EQ(testing::opened_folders() - before, before - at_first + 1);
}

// The snapshot list is lost while snapshots exist.
class LostList : public ::testing::Test {
  protected:
    LostList() {
        machine_.take("one");
        machine_.write("scsi0:0", 128, 'o');
        machine_.take("two");
        machine_.write("scsi0:0", 256, 't');
        before_ = testing::tree_without_locks(folder_ / "vm");
    }

    void lose(const std::string& instead) const {
        fs::remove(folder_ / "vm/vm.vmsd");
        if (!instead.empty()) testing::write_file(folder_ / "vm" / instead, "");
    }

    // Expects every snapshot file and every frozen disk unchanged.
    void expect_untouched() const {
        const auto now = testing::tree_without_locks(folder_ / "vm");
        for (const char* name : {"vm-Snapshot1.vmsn", "vm-Snapshot2.vmsn", "disk.vmdk",
                                 "disk-000001.vmdk", "disk-000002.vmdk"}) {
            ASSERT_TRUE(now.contains(name)) << name;
            EXPECT_TRUE(testing::alike(now.at(name), before_.at(name))) << name;
        }
    }

    const TempFolder folder_;
    SnapshotMachine machine_{folder_ / "vm"};
    std::map<std::string, std::string> before_;
};

TEST_F(LostList, NoFileOfBeforeIsReplaced) {
    for (const char* instead : {"", "vm.vmsd", "VM.VMSD"}) {
        lose(instead);
        machine_.then.clear();
        NotingProgress progress;
        const int uid = machine_.take("new", progress);
        EXPECT_GE(uid, 3) << instead;
        EXPECT_NE(progress.notes.find("vm-Snapshot1.vmsn, vm-Snapshot2.vmsn"), std::string::npos)
            << progress.notes;
        expect_untouched();
        EXPECT_TRUE(machine_.reads_as_it_should());
        machine_.remove(uid);
        machine_.then.clear();
        expect_untouched();
        EXPECT_TRUE(machine_.reads_as_it_should());
        fs::remove(folder_ / "vm/VM.VMSD");
    }
}

TEST_F(LostList, WhatItsSnapshotsFrozeStaysWhenTheMachineGoesBack) {
    const std::string list = testing::read_file(folder_ / "vm/vm.vmsd");
    lose("");
    machine_.then.clear();
    const int uid = machine_.take("new");
    machine_.write("scsi0:0", 384, 'n');
    machine_.revert(uid);
    machine_.remove(uid, RemoveChildren::Yes);
    expect_untouched();
    testing::write_file(folder_ / "vm/vm.vmsd", list);
    EXPECT_EQ(testing::snapshot_contents(machine_.vmx, 1).at("scsi0:0"),
              testing::first_disk_content());
}

TEST_F(LostList, AListInAnotherCaseIsTheMachines) {
    fs::rename(folder_ / "vm/vm.vmsd", folder_ / "vm/VM.vmsd");
    EXPECT_EQ(machine_.tree().snapshots().size(), 2U);
    machine_.take("three");
    EXPECT_FALSE(fs::exists(folder_ / "vm/vm.vmsd"));
    EXPECT_EQ(vm::SnapshotTree::read(folder_ / "vm/VM.vmsd").snapshots().size(), 3U);
}

TEST_F(LostList, DeletingTheMachineTakesAllThatIsItsOwn) {
    lose("");
    for (const char* name : {"vm.scoreboard", "mksSandbox.log", "vm-3f9a02c7.vswp", "disk-ctk.vmdk",
                             "vm-Snapshot2.png"}) {
        folder_.write(std::string{"vm/"} + name, "");
    }
    Progress progress;
    remove_machine(machine_.vmx, RemoveDisks::Yes, testing::plain_settings(), progress);
    EXPECT_EQ(testing::names_in(folder_.path()), "");
}

}  // namespace
}  // namespace vix::ops
