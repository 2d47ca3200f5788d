// A parent's long list that gets a record for each clone: what readers see, and what stays beside
// it. The list is that of a small machine with a snapshot and a thousand clones.
#include "ops/snapshots/list/snapshot_list.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <cstdlib>
#include <functional>

#include "ops/machine/machine_lock.h"
#include "ops/snapshots/list/kept_lists.h"
#include "testing/machines/snapshot_machine.h"
#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::read_file;

constexpr const char* kLineOfAnother = "another = \"line\"\n";

class LongList : public ::testing::Test {
  protected:
    LongList() {
        vm::SnapshotTree tree = machine_.tree();
        for (int i = 0; i < 1000; ++i) tree.add_clone(uid_, name_of(i));
        testing::write_file(list_, tree.to_bytes());
    }
    void TearDown() override { KeptLists::delete_former(machine_.vmx); }

    static std::string name_of(int number) {
        return "/a/folder/for/all/the/clones/c" + std::to_string(number) + "/clone.vmx";
    }

    // As the next clone through the same handle does.
    void add(vm::Durability durability = vm::Durability::Synced) {
        Progress progress;
        const std::string name = name_of(1000 + added_++);
        const SnapshotHold hold{machine_.vmx, progress};
        SnapshotListChange change{machine_.vmx, durability, progress,
                                  [&](vm::SnapshotTree& tree) {
                                      tree.add_clone(uid_, name);
                                      return true;
                                  },
                                  KeptLists::take(machine_.vmx)};
        change.commit();
    }

    void expect_all_recorded() const {
        const auto tree = machine_.tree();
        const auto& clones = tree.find(uid_)->clones;
        ASSERT_EQ(clones.size(), 1000U + static_cast<std::size_t>(added_));
        for (std::size_t i = 0; i < clones.size(); ++i) {
            EXPECT_EQ(clones[i], name_of(static_cast<int>(i)));
        }
        const std::string count = "snapshot0.numClones = \"" + std::to_string(clones.size()) + '"';
        EXPECT_NE(read_file(list_).find(count), std::string::npos);
    }

    void write_as_another_program() const {
        testing::write_file(list_, read_file(list_) + kLineOfAnother);
    }

    void expect_more_beside_the_others_line() {
        for (int i = 0; i < 4; ++i) {
            add();
            expect_all_recorded();
            EXPECT_NE(read_file(list_).find(kLineOfAnother), std::string::npos);
        }
    }

    bool has_former() const { return fs::exists(former_); }

    // Runs it in a child, which ends by exit(), or by _exit() as if it were killed. LeakSanitizer
    // may add an exit code of its own: what threads of the parent held has no owner there.
    template <typename Run>
    static void in_child(void (*end)(int), Run run) {
        const pid_t pid = fork();
        if (pid == 0) {
            run();
            end(HasFailure() ? kFailed : 0);
        }
        int status = 0;
        ASSERT_EQ(waitpid(pid, &status, 0), pid);
        EXPECT_TRUE(WIFEXITED(status));
        EXPECT_NE(WEXITSTATUS(status), kFailed);
    }

    static constexpr int kFailed = 3;

    const testing::TempFolder folder_;
    testing::SnapshotMachine machine_{folder_ / "vm"};
    const int uid_ = machine_.take("base");
    const fs::path list_ = folder_ / "vm/vm.vmsd";
    const fs::path former_ = folder_ / "vm/vm.vmsd.vix-new";
    int added_ = 0;
};

TEST_F(LongList, TakesTurnsFromTheSecondRecordOn) {
    add();
    EXPECT_FALSE(has_former());
    add();
    ASSERT_TRUE(has_former());
    for (int i = 0; i < 5; ++i) {
        const std::string before = read_file(list_);
        const auto former = io::identity_of(former_);
        add();
        EXPECT_EQ(io::identity_of(list_), former);
        EXPECT_EQ(read_file(former_), before);
        expect_all_recorded();
    }
}

TEST_F(LongList, IsWrittenWholeWhenItsCountGetsLonger) {
    vm::SnapshotTree tree = machine_.tree();
    for (int i = 1000; i < 9995; ++i) tree.add_clone(uid_, name_of(i));
    testing::write_file(list_, tree.to_bytes());
    for (added_ = 8995; added_ < 9005;) add();
    expect_all_recorded();
    EXPECT_TRUE(has_former());
}

TEST_F(LongList, IsWrittenWholeIfItIsNotSynced) {
    for (int i = 0; i < 4; ++i) add();
    EXPECT_TRUE(has_former());
    add(vm::Durability::Unsynced);
    EXPECT_FALSE(has_former());
    expect_all_recorded();
    add();
    add();
    EXPECT_TRUE(has_former());
    expect_all_recorded();
}

TEST_F(LongList, OfFewClonesHasNoFormerOne) {
    vm::SnapshotTree tree = machine_.tree();
    for (int i = 0; i < 1000; ++i) tree.remove_clone(name_of(i));
    testing::write_file(list_, tree.to_bytes());
    for (int i = 0; i < 4; ++i) {
        add();
        EXPECT_FALSE(has_former());
    }
    EXPECT_EQ(machine_.tree().find(uid_)->clones.size(), 4U);
}

TEST_F(LongList, KeepsWhatAnotherProgramWrote) {
    for (int i = 0; i < 4; ++i) add();
    write_as_another_program();
    expect_more_beside_the_others_line();
}

TEST_F(LongList, KeepsWhatAnotherProgramPutInItsPlace) {
    for (int i = 0; i < 4; ++i) add();
    testing::write_file(folder_ / "vm/new", read_file(list_) + kLineOfAnother);
    fs::rename(folder_ / "vm/new", list_);
    expect_more_beside_the_others_line();
}

// Another program takes a snapshot, say, while the record is prepared.
TEST_F(LongList, GetsTheRecordAgainIfAnotherProgramWasFaster) {
    for (int i = 0; i < 4; ++i) add();
    int calls = 0;
    {
        Progress progress;
        const SnapshotHold hold{machine_.vmx, progress};
        const auto record = [&](vm::SnapshotTree& tree) {
            ++calls;
            tree.add_clone(uid_, name_of(1000 + added_));
            return true;
        };
        SnapshotListChange change{machine_.vmx, vm::Durability::Synced, progress, record,
                                  KeptLists::take(machine_.vmx)};
        write_as_another_program();
        change.commit();
    }
    EXPECT_EQ(calls, 2);
    ++added_;
    expect_all_recorded();
    expect_more_beside_the_others_line();
}

TEST_F(LongList, IsNotFoughtFor) {
    Progress progress;
    const SnapshotHold hold{machine_.vmx, progress};
    std::string others = read_file(list_);
    const auto record = [&](vm::SnapshotTree& tree) {
        tree.add_clone(uid_, name_of(1000));
        testing::write_file(list_, others += "# once more\n");
        return true;
    };
    SnapshotListChange change{machine_.vmx, vm::Durability::Unsynced, progress, record, {}};
    EXPECT_EQ(testing::code_of([&] { change.commit(); }), VIX_E_FILE_ALREADY_LOCKED);
    EXPECT_EQ(read_file(list_), others);
}

TEST_F(LongList, OfAHandleThatIsReleasedLeavesNothing) {
    for (int i = 0; i < 4; ++i) add();
    KeptLists::delete_former(folder_ / "other.vmx");
    EXPECT_TRUE(has_former());
    KeptLists::delete_former(machine_.vmx);
    EXPECT_FALSE(has_former());
    add();
    expect_all_recorded();
}

TEST_F(LongList, OfAProcessThatEndsLeavesNothing) {
    in_child(exit, [&] {
        for (int i = 0; i < 4; ++i) add();
        EXPECT_TRUE(has_former());
    });
    EXPECT_FALSE(has_former());
    added_ = 4;
    expect_all_recorded();
}

TEST_F(LongList, OfAProcessThatWasKilledIsTidiedByTheNext) {
    in_child(_exit, [&] {
        for (int i = 0; i < 4; ++i) add();
    });
    EXPECT_TRUE(has_former());
    added_ = 4;
    add();
    EXPECT_FALSE(has_former());
    expect_all_recorded();
}

TEST_F(LongList, StaysThatOfTheProcessWhoseChildEnds) {
    for (int i = 0; i < 4; ++i) add();
    in_child(exit, [] {});
    EXPECT_TRUE(has_former());
    in_child(exit, [&] { add(); });  // goes on with its parent's
    ++added_;
    expect_all_recorded();
    for (int i = 0; i < 4; ++i) add();
    expect_all_recorded();
}

TEST_F(LongList, StaysWhileAnotherCallWorksOnIt) {
    for (int i = 0; i < 4; ++i) add();
    {
        const io::FolderGuard guard{machine_.vmx, io::LockKind::Exclusive, {}, list_};
        KeptLists::delete_former(machine_.vmx);
    }
    EXPECT_TRUE(has_former());
    add();
    expect_all_recorded();
}

}  // namespace
}  // namespace vix::ops
