#include "ops/snapshots/later_removal.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "ops/clone/clone.h"
#include "ops/machine/remove.h"
#include "testing/machines/snapshot_machine.h"
#include "testing/process/failure.h"
#include "testing/process/sweep.h"

namespace vix::ops::later_removal_test {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::contains;
using testing::SnapshotMachine;

vm::Settings settings() {
    vm::Settings made = testing::plain_settings();
    made.remove_later = true;
    return made;
}

class LaterRemoval : public ::testing::Test {
  protected:
    fs::path clone_of(int uid, const std::string& name) {
        const fs::path vmx = folder_ / "clones" / name / (name + ".vmx");
        clone_linked({machine_.vmx, vmx, settings(), uid}, progress_);
        return vmx;
    }

    void remove(int uid, RemoveChildren children = RemoveChildren::No) {
        remove_snapshot_when_free(machine_.vmx, uid, children, settings(), progress_);
    }

    void remove_marked() { remove_marked_snapshots(machine_.vmx, settings(), progress_); }

    bool is_there(int uid) const { return machine_.tree().find(uid) != nullptr; }
    bool is_marked(int uid) const { return !machine_.tree().find(uid)->awaited.empty(); }

    void replace_in_list(const std::string& from, const std::string& to) {
        const fs::path list = vm::snapshot_list_path(machine_.vmx);
        std::string text = testing::read_file(list);
        const auto at = text.find(from);
        ASSERT_NE(at, std::string::npos) << text;
        testing::write_file(list, text.replace(at, from.size(), to));
    }

    const testing::TempFolder folder_;
    SnapshotMachine machine_{folder_ / "vm"};
    Progress progress_;
};

TEST_F(LaterRemoval, WaitsForTheClone) {
    const int uid = machine_.take("one");
    machine_.write("scsi0:0", 128, 'a');
    const fs::path clone = clone_of(uid, "clone");
    const auto content = testing::present_contents(clone);
    remove(uid);
    remove_marked();
    ASSERT_TRUE(is_there(uid));
    EXPECT_TRUE(is_marked(uid));
    EXPECT_EQ(testing::present_contents(clone), content);
    EXPECT_TRUE(machine_.reads_as_it_should());
    fs::remove_all(clone.parent_path());
    remove_marked();
    EXPECT_FALSE(is_there(uid));
    EXPECT_TRUE(machine_.reads_as_it_should());
}

TEST_F(LaterRemoval, OfASnapshotWithoutClonesIsOneAtOnce) {
    const int uid = machine_.take("one");
    remove(uid);
    EXPECT_FALSE(is_there(uid));
    EXPECT_TRUE(machine_.reads_as_it_should());
}

TEST_F(LaterRemoval, ComesWithTheDeletionOfTheClone) {
    const int uid = machine_.take("one");
    const fs::path clone = clone_of(uid, "clone");
    remove(uid);
    remove_machine(clone, RemoveDisks::Yes, settings(), progress_);
    EXPECT_FALSE(is_there(uid));
    EXPECT_TRUE(machine_.reads_as_it_should());
}

TEST_F(LaterRemoval, DoesNotComeWithoutTheSetting) {
    const int uid = machine_.take("one");
    const fs::path clone = clone_of(uid, "clone");
    remove(uid);
    remove_machine(clone, RemoveDisks::Yes, testing::plain_settings(), progress_);
    EXPECT_TRUE(is_there(uid));
    remove_marked();
    EXPECT_FALSE(is_there(uid));
}

TEST_F(LaterRemoval, OfUnmarkedSnapshotsNeverComes) {
    const int uid = machine_.take("one");
    fs::remove_all(clone_of(uid, "clone").parent_path());
    remove_marked();
    EXPECT_TRUE(is_there(uid));
}

TEST_F(LaterRemoval, WaitsForEachClone) {
    const int uid = machine_.take("one");
    const fs::path first = clone_of(uid, "first");
    const fs::path second = clone_of(uid, "second");
    remove(uid);
    fs::remove_all(first.parent_path());
    remove_marked();
    EXPECT_TRUE(is_there(uid));
    fs::remove_all(second.parent_path());
    remove_marked();
    EXPECT_FALSE(is_there(uid));
}

TEST_F(LaterRemoval, RemovesChildrenWithoutClonesAtOnce) {
    const int first = machine_.take("one");
    const fs::path clone = clone_of(first, "clone");
    machine_.write("scsi0:1", 0, 'a');
    const int second = machine_.take("two");
    remove(first, RemoveChildren::Yes);
    EXPECT_TRUE(is_there(first));
    EXPECT_FALSE(is_there(second));
    EXPECT_TRUE(machine_.reads_as_it_should());
}

TEST_F(LaterRemoval, KeepsTheChildThatAnotherCloneNeeds) {
    const int first = machine_.take("one");
    const fs::path clone = clone_of(first, "clone");
    machine_.write("scsi0:0", 128, 'b');
    const int second = machine_.take("two");
    const fs::path other = clone_of(second, "other");
    const auto content = testing::present_contents(other);
    remove(first);
    fs::remove_all(clone.parent_path());
    remove_marked();
    EXPECT_FALSE(is_there(first));
    EXPECT_TRUE(is_there(second));
    EXPECT_EQ(testing::present_contents(other), content);
    EXPECT_TRUE(machine_.reads_as_it_should());
}

// A clone on a disk that is unplugged is not gone.
TEST_F(LaterRemoval, WaitsWhileTheFileSystemOfTheCloneIsNotMounted) {
    const int uid = machine_.take("one");
    const fs::path clone = clone_of(uid, "clone");
    remove(uid);
    const std::string place = machine_.tree().find(uid)->awaited.at(0).file_system;
    replace_in_list(place, "1 /media/stick");
    fs::rename(clone.parent_path(), folder_ / "unplugged");
    remove_marked();
    EXPECT_TRUE(is_there(uid));
}

TEST_F(LaterRemoval, WaitsForACloneThatWasMadeSince) {
    const int uid = machine_.take("one");
    const fs::path clone = clone_of(uid, "clone");
    remove(uid);
    const fs::path later = clone_of(uid, "later");
    fs::remove_all(clone.parent_path());
    fs::rename(later.parent_path(), folder_ / "unplugged");
    remove_marked();
    EXPECT_TRUE(is_there(uid));
    fs::rename(folder_ / "unplugged", later.parent_path());
    remove(uid);
    fs::remove_all(later.parent_path());
    remove_marked();
    EXPECT_FALSE(is_there(uid));
}

TEST_F(LaterRemoval, OfAMarkThatNamesNoCloneNeverComes) {
    const int uid = machine_.take("one");
    const fs::path clone = clone_of(uid, "clone");
    remove(uid);
    replace_in_list("vixAwaited0.clone", "vixAwaited0.other");
    fs::remove_all(clone.parent_path());
    remove_marked();
    EXPECT_TRUE(is_there(uid));
}

TEST_F(LaterRemoval, LeavesAMarkedSnapshotWithItsMarkWhenOthersGo) {
    const int first = machine_.take("one");
    const int second = machine_.take("two");
    const fs::path clone = clone_of(second, "clone");
    remove(second);
    remove(first);
    EXPECT_FALSE(is_there(first));
    ASSERT_TRUE(is_there(second));
    EXPECT_TRUE(is_marked(second));
    fs::remove_all(clone.parent_path());
    remove_marked();
    EXPECT_FALSE(is_there(second));
    EXPECT_FALSE(contains(machine_.tree().to_bytes(), "vixAwaited"));
    EXPECT_TRUE(machine_.reads_as_it_should());
}

TEST_F(LaterRemoval, OfASnapshotThatIsNotThereIsAnError) {
    EXPECT_EQ(code_of([&] { remove(7); }), VIX_E_SNAPSHOT_NOTFOUND);
}

class LaterRemovalSweep : public ::testing::TestWithParam<testing::Stop> {
  protected:
    vm::Settings swept() const {
        vm::Settings made = testing::settings_for(GetParam());
        made.remove_later = true;
        return made;
    }

    // Deletes the snapshot, or the marked snapshot after its clone, and stops at each step.
    void remove_at_each_step(bool clone_is_gone) {
        std::optional<SnapshotMachine> machine;
        int uid = 0;
        fs::path clone;
        testing::DiskContents content;
        const int steps = testing::stop_at_each_step(
            GetParam(),
            [&](const fs::path& folder) {
                Progress progress;
                machine.emplace(folder / "vm");
                uid = machine->take("one");
                machine->write("scsi0:0", 128, 'a');
                clone = folder / "clone/clone.vmx";
                clone_linked({machine->vmx, clone, swept(), uid}, progress);
                content = testing::present_contents(clone);
                if (!clone_is_gone) return;
                remove_snapshot_when_free(machine->vmx, uid, RemoveChildren::No, settings(),
                                          progress);
                fs::remove_all(clone.parent_path());
            },
            [&](const fs::path&, Progress& progress) {
                if (clone_is_gone) {
                    return remove_marked_snapshots(machine->vmx, swept(), progress);
                }
                remove_snapshot_when_free(machine->vmx, uid, RemoveChildren::No, swept(), progress);
            },
            [&](const fs::path&) {
                Progress progress;
                EXPECT_TRUE(machine->reads_as_it_should());
                if (!clone_is_gone) {
                    EXPECT_NE(machine->tree().find(uid), nullptr);
                    EXPECT_EQ(testing::present_contents(clone), content);
                    fs::remove_all(clone.parent_path());
                    if (machine->tree().find(uid)->awaited.empty()) return;
                }
                remove_marked_snapshots(machine->vmx, settings(), progress);
                EXPECT_EQ(machine->tree().find(uid), nullptr);
                EXPECT_TRUE(machine->reads_as_it_should());
            });
        EXPECT_GE(steps, 1);
    }
};

INSTANTIATE_TEST_SUITE_P(By, LaterRemovalSweep, testing::every_stop(), testing::name_of_stop);

TEST_P(LaterRemovalSweep, Marking) {
    remove_at_each_step(false);
}

TEST_P(LaterRemovalSweep, Removing) {
    remove_at_each_step(true);
}

}  // namespace
}  // namespace vix::ops::later_removal_test
