// A linked clone that fails or whose process is killed at any step either exists, complete and
// recorded in its parent, or does not exist. In both cases the parent reads as before.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <optional>

#include "io/files/file.h"
#include "ops/clone/clone.h"
#include "ops/snapshots/list/kept_lists.h"
#include "testing/disks/alike.h"
#include "testing/machines/snapshot_machine.h"
#include "testing/process/sweep.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::DiskContents;
using testing::present_contents;
using testing::SnapshotMachine;
using testing::Stop;
using testing::stop_at_each_step;
using testing::tree_without_locks;

class LinkedCloneSweep : public ::testing::TestWithParam<Stop> {
  protected:
    virtual void prepare(const fs::path& folder) {
        parent_.emplace(folder / "vm");
        uid_ = parent_->take("base");
        parent_->write("scsi0:0", 0, 'u');
        parent_->write("scsi0:1", 128, 'u');
        clone_ = folder / "made/on/the/way/c.vmx";
        before_ = tree_without_locks(folder);
    }

    vm::Settings settings() const { return testing::settings_for(GetParam()); }

    template <typename Operation, typename Check>
    int sweep(Operation operation, Check check) {
        return stop_at_each_step(
            GetParam(), [&](const fs::path& folder) { prepare(folder); },
            [&](const fs::path&, Progress& progress) { operation(progress); },
            [&](const fs::path& folder) {
                EXPECT_TRUE(parent_->reads_as_it_should());
                if (fs::exists(clone_)) expect_a_whole_clone();
                check(folder);
                if (!HasFailure()) expect_that_all_goes_on();
            });
    }

    virtual const DiskContents& expected() const { return parent_->then.at(uid_); }

    bool is_recorded(const fs::path& clone) const {
        const auto tree = parent_->tree();
        return std::any_of(
            tree.snapshots().begin(), tree.snapshots().end(), [&](const vm::Snapshot& snapshot) {
                const auto& clones = snapshot.clones;
                return std::find(clones.begin(), clones.end(), clone.string()) != clones.end();
            });
    }

    void expect_a_whole_clone() const {
        EXPECT_TRUE(testing::alike(present_contents(clone_), expected()));
        EXPECT_TRUE(is_recorded(clone_));
    }

    // Now the same clone can be made, or another one next to it, and both read correctly.
    void expect_that_all_goes_on() {
        const fs::path next =
            fs::exists(clone_) ? parent_->vmx.parent_path() / "../d/d.vmx" : clone_;
        Progress progress;
        clone_linked({parent_->vmx, next.lexically_normal(), testing::plain_settings(), uid_},
                     progress);
        EXPECT_TRUE(
            testing::alike(present_contents(next.lexically_normal()), parent_->then.at(uid_)));
        EXPECT_TRUE(is_recorded(next.lexically_normal()));
        EXPECT_TRUE(parent_->reads_as_it_should());
    }

    std::optional<SnapshotMachine> parent_;
    std::map<std::string, std::string> before_;
    fs::path clone_;
    int uid_ = 0;
};

INSTANTIATE_TEST_SUITE_P(By, LinkedCloneSweep, testing::every_stop(), testing::name_of_stop);

TEST_P(LinkedCloneSweep, OfASnapshot) {
    const int steps = sweep(
        [&](Progress& progress) {
            clone_linked({parent_->vmx, clone_, settings(), uid_}, progress);
        },
        [&](const fs::path& folder) {
            if (GetParam() != Stop::Failure || fs::exists(clone_)) return;
            EXPECT_TRUE(testing::alike(tree_without_locks(folder), before_));
        });
    EXPECT_GE(steps, 5);
}

class LinkedCloneOfNowSweep : public LinkedCloneSweep {
  protected:
    const DiskContents& expected() const override { return parent_->now; }
};

INSTANTIATE_TEST_SUITE_P(By, LinkedCloneOfNowSweep, testing::every_stop(), testing::name_of_stop);

TEST_P(LinkedCloneOfNowSweep, OfThePresentState) {
    const int steps = sweep(
        [&](Progress& progress) {
            clone_linked({parent_->vmx, clone_, settings()}, progress);
        },
        [&](const fs::path&) {
            if (GetParam() != Stop::Failure) return;
            EXPECT_EQ(parent_->tree().snapshots().size(), fs::exists(clone_) ? 2U : 1U);
        });
    EXPECT_GE(steps, 10);
}

// The third clone in a row of a parent that has a thousand: its list is written in turns.
// Synced, because others never are.
class LinkedCloneOfALongListSweep : public LinkedCloneSweep {
  protected:
    void prepare(const fs::path& folder) override {
        LinkedCloneSweep::prepare(folder);
        vm::SnapshotTree tree = parent_->tree();
        for (int i = 0; i < 1000; ++i) {
            tree.add_clone(uid_,
                           "/a/folder/for/all/the/clones/c" + std::to_string(i) + "/clone.vmx");
        }
        testing::write_file(folder / "vm/vm.vmsd", tree.to_bytes());
        Progress progress;
        for (const char* name : {"one/one.vmx", "two/two.vmx"}) {
            clone_linked({parent_->vmx, folder / name, {}, uid_}, progress);
        }
        former_ = io::identity_of(folder / "vm/vm.vmsd.vix-new");
    }

    std::optional<io::FileIdentity> former_;
};

INSTANTIATE_TEST_SUITE_P(By, LinkedCloneOfALongListSweep, testing::every_stop(),
                         testing::name_of_stop);

TEST_P(LinkedCloneOfALongListSweep, IsRecordedOrNot) {
    bool in_turn = false;
    const int steps = sweep(
        [&](Progress& progress) {
            clone_linked({parent_->vmx, clone_, {}, uid_}, progress);
        },
        [&](const fs::path& folder) {
            in_turn = former_ && io::identity_of(folder / "vm/vm.vmsd") == former_;
            const auto tree = parent_->tree();
            const std::size_t count = tree.find(uid_)->clones.size();
            EXPECT_EQ(count, is_recorded(clone_) ? 1003U : 1002U);
            KeptLists::delete_former(parent_->vmx);
        });
    EXPECT_GE(steps, 5);
    EXPECT_TRUE(in_turn);  // the last one, which was not stopped
}

}  // namespace
}  // namespace vix::ops
