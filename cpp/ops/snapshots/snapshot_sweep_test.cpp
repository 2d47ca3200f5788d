// A snapshot call that fails or whose process is killed at any step leaves a machine whose disks
// read as before or after the call, and on which the next call works.
#include <gtest/gtest.h>

#include <array>
#include <boost/filesystem/operations.hpp>
#include <optional>

#include "ops/machine/machine_lock.h"
#include "ops/snapshots/snapshot.h"
#include "testing/disks/alike.h"
#include "testing/machines/snapshot_machine.h"
#include "testing/process/sweep.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::SnapshotMachine;
using testing::Stop;
using testing::stop_at_each_step;
using testing::tree_without_locks;

class SnapshotSweep : public ::testing::TestWithParam<Stop> {
  protected:
    // Takes three snapshots and writes one more grain to each disk after each. The third one is on
    // a branch next to the second.
    virtual void take_three(const fs::path& folder) {
        machine_.emplace(folder / "vm");
        uids_[0] = machine_->take("first");
        write(0, 'u');
        uids_[1] = machine_->take("second");
        write(3, 'v');
        machine_->revert(uids_[0]);
        write(5, 'w');
        uids_[2] = machine_->take("third");
        write(6, 'x');
        before_ = tree_without_locks(folder);
    }

    static vm::Settings settings() { return testing::settings_for(GetParam()); }

    void write(std::uint64_t grain, char fill) {
        for (const auto& disk : testing::present_contents(machine_->vmx)) {
            machine_->write(disk.first, grain * 128, fill);
        }
    }

    // Checks what the call must leave alone.
    virtual void expect_the_rest_unchanged() {}

    // A stopped call blocks nothing: a snapshot can be taken, written over, reverted to and
    // removed.
    void expect_that_all_goes_on() {
        const int uid = machine_->take("after");
        EXPECT_TRUE(machine_->reads_as_it_should());
        write(2, 'y');
        machine_->revert(uid);
        EXPECT_TRUE(machine_->reads_as_it_should());
        machine_->remove(uid);
        EXPECT_TRUE(machine_->reads_as_it_should());
    }

    void expect_nothing_changed_by_failure(const fs::path& folder) {
        if (GetParam() != Stop::Failure) return;
        EXPECT_TRUE(testing::alike(tree_without_locks(folder), before_));
    }

    static std::string names(const std::map<std::string, std::string>& tree) {
        std::string all;
        for (const auto& [name, bytes] : tree) all += name + ' ';
        return all;
    }

    template <typename Operation, typename Check>
    int sweep(Operation operation, Check check) {
        return stop_at_each_step(
            GetParam(), [&](const fs::path& folder) { take_three(folder); },
            [&](const fs::path&, Progress& progress) {
                operation(progress);
                ended_ = true;
            },
            [&](const fs::path& folder) {
                check(folder);
                expect_the_rest_unchanged();
                ended_ = false;
                if (!HasFailure()) expect_that_all_goes_on();
                expect_the_rest_unchanged();
            });
    }

    void take_at_each_step() {
        const int steps = sweep(
            [&](Progress& progress) {
                create_snapshot({machine_->vmx, "new", "", settings()}, progress);
            },
            [&](const fs::path& folder) {
                EXPECT_TRUE(machine_->reads_as_it_should());
                if (!ended_) expect_nothing_changed_by_failure(folder);
            });
        EXPECT_GE(steps, 3);
    }

    void go_back_at_each_step() {
        const int steps = sweep(
            [&](Progress& progress) {
                revert_to_snapshot(machine_->vmx, uids_[1], settings(), progress);
            },
            [&](const fs::path& folder) {
                const bool gone_back = machine_->tree().current() == uids_[1];
                const bool still = static_cast<bool>(machine_->reads_as(machine_->now));
                if (!still) machine_->now = machine_->then.at(uids_[1]);
                EXPECT_TRUE(machine_->reads_as_it_should());
                EXPECT_FALSE(gone_back && still);
                if (!ended_ && !gone_back) expect_nothing_changed_by_failure(folder);
            });
        EXPECT_GE(steps, 3);
    }

    std::optional<SnapshotMachine> machine_;
    std::map<std::string, std::string> before_;
    bool ended_ = false;
    std::array<int, 3> uids_{};
};

INSTANTIATE_TEST_SUITE_P(By, SnapshotSweep, testing::every_stop(), testing::name_of_stop);

TEST_P(SnapshotSweep, TakingOne) {
    take_at_each_step();
}

TEST_P(SnapshotSweep, GoingBack) {
    go_back_at_each_step();
}

// The configuration and the firmware files that belong to it (BIOS and UEFI) change together: the
// next reader finds all of the old state or all of the new one.
TEST_P(SnapshotSweep, GoingBackInFirmware) {
    for (const bool had_variables : {true, false}) {
        const auto write_all = [&](const std::string& word, bool variables) {
            const fs::path folder = machine_->vmx.parent_path();
            const std::string text = testing::read_file(machine_->vmx);
            testing::write_file(machine_->vmx, text + "guestinfo." + word + " = \"x\"\n");
            testing::write_file(folder / "vm.nvram", word);
            if (variables) testing::write_file(folder / "vm.OVMF_VARS.fd", word);
        };
        const auto has = [&](const std::string& word, bool variables) {
            const fs::path folder = machine_->vmx.parent_path();
            const bool fits = fs::exists(folder / "vm.OVMF_VARS.fd") == variables &&
                              testing::read_file(folder / "vm.nvram") == word;
            return fits && (!variables || testing::read_file(folder / "vm.OVMF_VARS.fd") == word);
        };
        const int steps = stop_at_each_step(
            GetParam(),
            [&](const fs::path& folder) {
                machine_.emplace(folder / "vm");
                write_all("then", had_variables);
                uids_[0] = machine_->take("then");
                write_all("now", true);
            },
            [&](const fs::path&, Progress& progress) {
                revert_to_snapshot(machine_->vmx, uids_[0], settings(), progress);
            },
            [&](const fs::path& folder) {
                Progress progress;
                { const MachineLock lock{machine_->vmx, settings(), progress}; }
                const auto text = testing::read_file(machine_->vmx);
                const bool back = text.find("guestinfo.now") == std::string::npos;
                EXPECT_TRUE(back ? has("then", had_variables) : has("now", true));
                EXPECT_EQ(names(tree_without_locks(folder)).find(".vix-"), std::string::npos)
                    << names(tree_without_locks(folder));
            });
        EXPECT_GE(steps, 3);
    }
}

class RemovalSweep : public SnapshotSweep {
  protected:
    void remove_at_each_step(std::size_t which, RemoveChildren children, int least_steps) {
        const int steps = sweep(
            [&](Progress& progress) {
                remove_snapshot(machine_->vmx, uids_[which], children, settings(), progress);
            },
            [&](const fs::path&) { EXPECT_TRUE(machine_->reads_as_it_should()); });
        EXPECT_GE(steps, least_steps);
    }
};

INSTANTIATE_TEST_SUITE_P(By, RemovalSweep, testing::every_stop(), testing::name_of_stop);

TEST_P(RemovalSweep, OfTheRootUnderABranch) {
    remove_at_each_step(0, RemoveChildren::No, 1);
}

TEST_P(RemovalSweep, OfAnAbandonedEnd) {
    remove_at_each_step(1, RemoveChildren::No, 1);
}

TEST_P(RemovalSweep, OfTheOneBelowThePresentState) {
    remove_at_each_step(2, RemoveChildren::No, 3);
}

TEST_P(RemovalSweep, OfAll) {
    remove_at_each_step(0, RemoveChildren::Yes, 3);
}

// The second disk is detached in the .vmx. It reads as before, whatever is done to the machine and
// wherever that stops.
class SwitchedOffSweep : public RemovalSweep {
  protected:
    void take_three(const fs::path& folder) override {
        RemovalSweep::take_three(folder);
        off_ = machine_->vmx.parent_path() / testing::present_disk(machine_->vmx, "scsi0:1");
        content_ = machine_->now.at("scsi0:1");
        machine_->now.erase("scsi0:1");
        std::string text = testing::read_file(machine_->vmx);
        const std::string on = "scsi0:1.present = \"TRUE\"";
        text.replace(text.find(on), on.size(), "scsi0:1.present = \"FALSE\"");
        testing::write_file(machine_->vmx, text);
        before_ = tree_without_locks(folder);
    }

    void expect_the_rest_unchanged() override {
        EXPECT_TRUE(testing::alike(testing::disk_content_at(off_), content_));
    }

    fs::path off_;
    std::string content_;
};

INSTANTIATE_TEST_SUITE_P(By, SwitchedOffSweep, testing::every_stop(), testing::name_of_stop);

TEST_P(SwitchedOffSweep, TakingOne) {
    take_at_each_step();
}

TEST_P(SwitchedOffSweep, GoingBack) {
    go_back_at_each_step();
}

TEST_P(SwitchedOffSweep, RemovingTheOneBelowThePresentState) {
    remove_at_each_step(2, RemoveChildren::No, 3);
}

TEST_P(SwitchedOffSweep, RemovingAll) {
    remove_at_each_step(0, RemoveChildren::Yes, 3);
}

// The only disk, base disk and deltas, has its descriptor in its only file, which is renamed.
TEST_P(RemovalSweep, OfMonolithicDisks) {
    std::string name;
    const int steps = stop_at_each_step(
        GetParam(),
        [&](const fs::path& folder) {
            const fs::path vmx = folder / "vm/vm.vmx";
            fs::create_directory(folder / "vm");
            testing::write_file(folder / "vm/disk.vmdk", testing::mono_disk("disk.vmdk", 'b', 1));
            testing::write_file(vmx, testing::vmx_with_disks({"scsi0:0=disk.vmdk"}));
            machine_.emplace(vmx, testing::present_contents(vmx));
            uids_[0] = machine_->take("first");
            machine_->write("scsi0:0", 0, 'u');
            uids_[1] = machine_->take("second");
            machine_->write("scsi0:0", 256, 'v');
        },
        [&](const fs::path&, Progress& progress) {
            remove_snapshot(machine_->vmx, uids_[0], RemoveChildren::Yes, settings(), progress);
        },
        [&](const fs::path&) {
            EXPECT_TRUE(machine_->reads_as_it_should());
            name = testing::present_disk(machine_->vmx, "scsi0:0");
        });
    EXPECT_GE(steps, 3);
    EXPECT_EQ(name, "disk.vmdk");
}

}  // namespace
}  // namespace vix::ops
