#include "ops/snapshots/snapshot.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "ops/clone/clone.h"
#include "ops/machine/pending.h"
#include "testing/disks/alike.h"
#include "testing/machines/snapshot_machine.h"
#include "testing/process/failure.h"
#include "testing/process/system_calls.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::names_in;
using testing::SnapshotMachine;
using testing::TempFolder;

class SnapshotTest : public ::testing::Test {
  protected:
    std::string text_of_config() const { return testing::read_file(machine_.vmx); }

    const TempFolder folder_;
    SnapshotMachine machine_{folder_ / "vm"};
    const std::string before_ = names_in(folder_ / "vm");
};

// Counts the bytes, and cancels at a step.
class CountingProgress : public Progress {
  public:
    explicit CountingProgress(std::string cancel_at = {}) : cancel_at_{std::move(cancel_at)} {}

    void expect(std::uint64_t bytes) override { expected += bytes; }
    void add(std::uint64_t bytes) override { added += bytes; }
    void checkpoint(const char* step) override {
        if (step == cancel_at_ && undoable) throw Error{VIX_E_CANCELLED, "cancelled"};
    }
    void point_of_no_return() override { undoable = false; }

    std::uint64_t expected = 0;
    std::uint64_t added = 0;
    bool undoable = true;

  private:
    std::string cancel_at_;
};

TEST_F(SnapshotTest, IsTheParentOfTheNext) {
    const int first = machine_.take("first");
    const int second = machine_.take("second");
    const auto tree = machine_.tree();
    EXPECT_EQ(tree.find(second)->parent, first);
    EXPECT_EQ(tree.current(), second);
    EXPECT_TRUE(machine_.reads_as_it_should());
}

void replace_in(const fs::path& file, const std::string& from, const std::string& to) {
    std::string text = testing::read_file(file);
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    testing::write_file(file, text);
}

// As on a Linux host before UTF-8: the .vmx names no encoding. Texts that name new files would be
// UTF-8, and no reader would find the old disk by them.
TEST_F(SnapshotTest, OfADiskThatIsNotNamedInUtf8IsRefused) {
    const fs::path folder = folder_ / "vm";
    fs::rename(folder / "data.vmdk", folder / "d\xE4ta.vmdk");
    replace_in(machine_.vmx, "data.vmdk", "d\xE4ta.vmdk");
    replace_in(machine_.vmx, ".encoding = \"UTF-8\"\n", "");
    const auto before = testing::tree_without_locks(folder);
    const auto take = [&] { machine_.take("one"); };
    EXPECT_EQ(code_of(take), VIX_E_FILE_NAME_INVALID);
    EXPECT_TRUE(testing::contains(testing::detail_of(take), "d\\xE4ta"));
    EXPECT_EQ(testing::tree_without_locks(folder), before);
    EXPECT_TRUE(machine_.reads_as_it_should());
}

TEST_F(SnapshotTest, RemovalMergesNoDiskWhoseExtentsAreNotNamedInUtf8) {
    const fs::path folder = folder_ / "vm";
    const int uid = machine_.take("one");
    fs::rename(folder / "data-f001.vmdk", folder / "d\xE4ta-f001.vmdk");
    replace_in(folder / "data.vmdk", "data-f001.vmdk", "d\xE4ta-f001.vmdk");
    const auto before = testing::tree_without_locks(folder);
    EXPECT_EQ(code_of([&] { machine_.remove(uid); }), VIX_E_FILE_NAME_INVALID);
    EXPECT_EQ(testing::tree_without_locks(folder), before);
    EXPECT_TRUE(machine_.reads_as_it_should());
}

TEST_F(SnapshotTest, HasTheVariablesOfUefi) {
    const fs::path variables = folder_ / "vm/vm.OVMF_VARS.fd";
    const int none = machine_.take("before the first start");
    testing::write_file(variables, "first");
    const int first = machine_.take("first");
    testing::write_file(variables, "second");
    machine_.revert(first);
    EXPECT_EQ(testing::read_file(variables), "first");
    Progress progress;
    clone_full({machine_.vmx, folder_ / "clone/c.vmx", testing::plain_settings(), first}, progress);
    EXPECT_EQ(testing::read_file(folder_ / "clone/c.OVMF_VARS.fd"), "first");
    machine_.revert(none);
    EXPECT_FALSE(fs::exists(variables));
    machine_.remove(first);
    EXPECT_FALSE(fs::exists(folder_ / "vm/vm-Snapshot2.OVMF_VARS.fd"));
}

TEST_F(SnapshotTest, LeavesNoFileBesideThoseItIsMadeOf) {
    machine_.take("first");
    EXPECT_EQ(names_in(folder_ / "vm"),
              "data-000001-s001.vmdk data-000001-s002.vmdk data-000001.vmdk data-f001.vmdk "
              "data-f002.vmdk data.vmdk disk-000001.vmdk disk-000002.vmdk disk.vmdk "
              "vm-Snapshot1.vmsn vm.nvram vm.vmsd vm.vmx vm.vmxf");
}

TEST_F(SnapshotTest, TakenAndRemovedLeavesTheMachineAsItWas) {
    machine_.remove(machine_.take("first"));
    EXPECT_TRUE(machine_.reads_as_it_should());
    EXPECT_EQ(testing::present_disk(machine_.vmx, "scsi0:1"), "data.vmdk");
    fs::remove(folder_ / "vm/vm.vmsd");
    EXPECT_EQ(names_in(folder_ / "vm").size(), before_.size());
}

TEST_F(SnapshotTest, GoingBackBringsTheConfigurationOfThatTime) {
    const int uid = machine_.take("first");
    testing::write_file(machine_.vmx, text_of_config() + "guestinfo.mark = \"later\"\n");
    machine_.write("scsi0:0", 0, 'x');
    machine_.revert(uid);
    EXPECT_EQ(text_of_config().find("guestinfo.mark"), std::string::npos);
    EXPECT_TRUE(machine_.reads_as_it_should());
}

TEST_F(SnapshotTest, GoingBackDropsTheDeltasOfThePresentState) {
    const int uid = machine_.take("first");
    const std::string files = names_in(folder_ / "vm");
    machine_.write("scsi0:0", 0, 'x');
    machine_.revert(uid);
    EXPECT_EQ(names_in(folder_ / "vm").size(), files.size());
}

TEST_F(SnapshotTest, IsUnchangedUntilSomethingIsWritten) {
    const vm::Settings settings = testing::plain_settings();
    const int uid = machine_.take("first");
    const auto unchanged = [&] {
        return is_unchanged_since(vm::Machine::open(machine_.vmx, settings),
                                  *machine_.tree().find(uid));
    };
    EXPECT_TRUE(unchanged());
    machine_.write("scsi0:0", 0, 'x');
    EXPECT_FALSE(unchanged());
}

TEST_F(SnapshotTest, OneThatIsNotThereIsAnError) {
    Progress progress;
    const vm::Settings settings = testing::plain_settings();
    const auto revert = [&] { revert_to_snapshot(machine_.vmx, 9, settings, progress); };
    const auto remove = [&] {
        remove_snapshot(machine_.vmx, 9, RemoveChildren::No, settings, progress);
    };
    EXPECT_EQ(code_of(revert), VIX_E_SNAPSHOT_NOTFOUND);
    EXPECT_EQ(code_of(remove), VIX_E_SNAPSHOT_NOTFOUND);
    EXPECT_EQ(names_in(folder_ / "vm"), before_);
}

TEST_F(SnapshotTest, ARemovalTellsHowFarItIs) {
    const int uid = machine_.take("first");
    machine_.write("scsi0:0", 0, 'x');
    CountingProgress progress;
    remove_snapshot(machine_.vmx, uid, RemoveChildren::No, testing::plain_settings(), progress);
    EXPECT_GT(progress.expected, 128U * 512);
    EXPECT_EQ(progress.added, progress.expected);
    EXPECT_FALSE(progress.undoable);
}

TEST_F(SnapshotTest, GoingBackTellsHowFarItIs) {
    const int uid = machine_.take("first");
    machine_.write("scsi0:0", 0, 'x');
    CountingProgress progress;
    revert_to_snapshot(machine_.vmx, uid, testing::plain_settings(), progress);
    EXPECT_GT(progress.expected, 128U * 512);
    EXPECT_EQ(progress.added, progress.expected);
}

class CancelledAt : public SnapshotTest, public ::testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Step, CancelledAt,
                         ::testing::Values("extent", "children are there",
                                           "the machine is on its new disks", "forget"));

TEST_P(CancelledAt, LeavesEverythingAsItWas) {
    const int uid = machine_.take("first");
    machine_.write("scsi0:0", 0, 'x');
    const auto before = testing::tree_without_locks(folder_.path());
    const vm::Settings settings = testing::plain_settings();
    CountingProgress progress{GetParam()};
    const bool removes = std::string{GetParam()} == "forget";
    const auto cancelled = [&] {
        if (removes) remove_snapshot(machine_.vmx, uid, RemoveChildren::No, settings, progress);
        if (!removes) revert_to_snapshot(machine_.vmx, uid, settings, progress);
    };
    EXPECT_EQ(code_of(cancelled), VIX_E_CANCELLED);
    EXPECT_TRUE(testing::alike(testing::tree_without_locks(folder_.path()), before));
}

// A call that was killed between the .vmx and the snapshot list leaves a chain with one link too
// many.
TEST_F(SnapshotTest, ADiskTooManyGoesWithTheNextRemoval) {
    machine_.take("forgotten");
    fs::remove(folder_ / "vm/vm.vmsd");
    fs::remove(folder_ / "vm/vm-Snapshot1.vmsn");
    {
        const auto machine = vm::Machine::open(machine_.vmx, testing::plain_settings());
        Pending pending{machine};
        pending.add_merge(folder_ / "vm/data.vmdk");
        pending.add_merge(folder_ / "vm/disk-000001.vmdk");
        pending.write();
    }
    machine_.then.clear();
    machine_.write("scsi0:1", 0, 'x');
    machine_.remove(machine_.take("next"));
    EXPECT_TRUE(machine_.reads_as_it_should());
    EXPECT_EQ(testing::present_disk(machine_.vmx, "scsi0:1"), "data.vmdk");
    EXPECT_FALSE(fs::exists(folder_ / "vm/data-000001.vmdk"));
    EXPECT_FALSE(fs::exists(folder_ / "vm/vm.vix-pending"));
}

class NotingProgress : public Progress {
  public:
    void note(const std::string& text) override { notes += text + '\n'; }
    std::string notes;
};

TEST_F(SnapshotTest, AStateThatARemovalCannotDeleteIsNotedAndGoesLater) {
    const int uid = machine_.take("first");
    const fs::path state = folder_ / "vm/vm-Snapshot1.vmsn";
    NotingProgress progress;
    {
        const testing::Refusal refusal{testing::Call::Unlink, "vm-Snapshot1.vmsn"};
        remove_snapshot(machine_.vmx, uid, RemoveChildren::No, testing::plain_settings(), progress);
    }
    EXPECT_TRUE(testing::contains(progress.notes, "deleting " + state.string())) << progress.notes;
    EXPECT_TRUE(testing::contains(progress.notes, "(errno 1)")) << progress.notes;
    EXPECT_TRUE(fs::exists(state));
    EXPECT_TRUE(machine_.reads_as_it_should());
    Pending::take_up(vm::Machine::open(machine_.vmx, testing::plain_settings()));
    EXPECT_FALSE(fs::exists(state));
    EXPECT_FALSE(fs::exists(folder_ / "vm/vm.vix-pending"));
}

TEST_F(SnapshotTest, ADeltaThatGoingBackCannotDeleteIsNotedAndGoesLater) {
    const int uid = machine_.take("first");
    machine_.write("scsi0:0", 0, 'x');
    const std::string delta = testing::present_disk(machine_.vmx, "scsi0:0");
    NotingProgress progress;
    {
        const testing::Refusal refusal{testing::Call::Unlink, delta.c_str()};
        revert_to_snapshot(machine_.vmx, uid, testing::plain_settings(), progress);
    }
    machine_.now = machine_.then.at(uid);
    EXPECT_TRUE(testing::contains(progress.notes, delta)) << progress.notes;
    EXPECT_TRUE(fs::exists(folder_ / "vm" / delta));
    EXPECT_TRUE(machine_.reads_as_it_should());
    Pending::take_up(vm::Machine::open(machine_.vmx, testing::plain_settings()));
    EXPECT_FALSE(fs::exists(folder_ / "vm" / delta));
    EXPECT_FALSE(fs::exists(folder_ / "vm/vm.vix-pending"));
    EXPECT_TRUE(machine_.reads_as_it_should());
}

// Otherwise the guest would start with variables of another time.
TEST_F(SnapshotTest, GoingBackFailsWhereVariablesOfUefiStayThatMustGo) {
    const fs::path variables = folder_ / "vm/vm.OVMF_VARS.fd";
    const int uid = machine_.take("before the first start");
    testing::write_file(variables, "later");
    {
        const testing::Refusal refusal{testing::Call::Unlink, "vm.OVMF_VARS.fd"};
        const std::string detail = testing::detail_of([&] { machine_.revert(uid); });
        EXPECT_TRUE(testing::contains(detail, variables.string())) << detail;
    }
    EXPECT_TRUE(fs::exists(variables));
    machine_.revert(uid);
    EXPECT_FALSE(fs::exists(variables));
}

class SnapshotLostAtClosing : public SnapshotTest,
                              public ::testing::WithParamInterface<const char*> {};

TEST_P(SnapshotLostAtClosing, IsNotTaken) {
    const auto before = testing::tree_of(folder_ / "vm");
    {
        const testing::Refusal refusal{testing::Call::Close, GetParam()};
        EXPECT_EQ(code_of([&] { machine_.take("first"); }), VIX_E_DISK_FULL);
    }
    EXPECT_EQ(testing::tree_of(folder_ / "vm"), before);
}

INSTANTIATE_TEST_SUITE_P(Snapshot, SnapshotLostAtClosing,
                         ::testing::Values("vm.vmx.vix-new", "vm.vmsd", ".vmsn", "disk-000002.vmdk",
                                           "data-000001.vmdk", "vm.vix-pending"));

}  // namespace
}  // namespace vix::ops
