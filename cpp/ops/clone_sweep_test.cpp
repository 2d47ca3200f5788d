// All or nothing: a clone that fails, or whose process dies, at any of its steps leaves the source
// as it was and either no clone or a whole one.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/filesystem/operations.hpp>

#include "ops/clone.h"
#include "vm/config.h"
#include "testing/alike.h"
#include "testing/extents.h"
#include "testing/failure.h"
#include "testing/machines.h"
#include "vm/chain_reader.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::alike;
using testing::code_of;
using testing::names_in;
using testing::TempFolder;
using testing::tree_of;

constexpr int kNever = 1 << 30;

// Counts the steps, and does something at one of them.
class SteppingProgress : public Progress {
  public:
    SteppingProgress(int step, void (*action)()) : step_{step}, action_{action} {}

    void add(std::uint64_t) override { pass(); }
    void checkpoint(const char*) override { pass(); }
    int steps() const { return passed_; }

  private:
    void pass() {
        if (passed_++ == step_) action_();
    }

    int step_;
    void (*action_)();
    std::atomic<int> passed_ = 0;
};

void cancel() {
    throw Error{VIX_E_CANCELLED, "cancelled"};
}

void die() {
    _exit(7);
}

class CloneSweep : public ::testing::Test {
  protected:
    CloneSweep() : source_{testing::write_small_machine(folder_ / "src")} {}

    void clone(Progress& progress) {
        clone_full({source_, destination(), testing::plain_settings()}, progress);
    }

    fs::path destination() const { return folder_ / "made/on/the/way/c.vmx"; }

    int steps_of_a_clean_clone() {
        SteppingProgress progress{kNever, cancel};
        clone(progress);
        clean_names_ = names_in(destination().parent_path());
        fs::remove_all(folder_ / "made");
        return progress.steps();
    }

    void clone_and_die_at(int step) {
        const pid_t pid = fork();
        if (pid == 0) {
            SteppingProgress progress{step, die};
            clone(progress);
            _exit(0);
        }
        int status = 0;
        ASSERT_EQ(waitpid(pid, &status, 0), pid);
        ASSERT_EQ(WEXITSTATUS(status), 7);
    }

    // The source's files without locks of the dead.
    std::map<std::string, std::string> source_tree() const {
        auto tree = tree_of(folder_ / "src");
        std::erase_if(
            tree, [](const auto& entry) { return entry.first.find(".lck/") != std::string::npos; });
        return tree;
    }

    std::string read_disk(const std::string& name) const {
        const vm::Settings settings;
        const vm::Disk disk = vm::open_disk(destination().parent_path() / name, {}, settings);
        vm::ChainReader reader{disk, settings};
        return testing::content_of(reader, disk.capacity_sectors);
    }

    void expect_a_whole_clone() const {
        EXPECT_EQ(names_in(destination().parent_path()), clean_names_);
        EXPECT_TRUE(alike(read_disk("disk-cl1.vmdk"), testing::first_disk_content()));
        EXPECT_TRUE(alike(read_disk("data-cl1.vmdk"), testing::second_disk_content()));
    }

    TempFolder folder_;
    fs::path source_;
    std::string clean_names_;
};

TEST_F(CloneSweep, FailureAtAnyStepLeavesNothing) {
    const int steps = steps_of_a_clean_clone();
    const auto before = tree_of(folder_.path());
    ASSERT_GT(steps, 10);
    for (int step = 0; step < steps; ++step) {
        SCOPED_TRACE(step);
        SteppingProgress progress{step, cancel};
        EXPECT_EQ(code_of([&] { clone(progress); }), VIX_E_CANCELLED);
        EXPECT_TRUE(tree_of(folder_.path()) == before) << names_in(folder_.path());
    }
}

TEST_F(CloneSweep, DeathAtAnyStepLeavesTheSourceAlone) {
    const int steps = steps_of_a_clean_clone();
    const auto before = source_tree();
    for (int step = 0; step < steps; ++step) {
        SCOPED_TRACE(step);
        clone_and_die_at(step);
        EXPECT_TRUE(source_tree() == before);
        fs::remove_all(folder_ / "made");
    }
}

TEST_F(CloneSweep, DeathAtAnyStepIsMendedByTheNextClone) {
    const int steps = steps_of_a_clean_clone();
    for (int step = 0; step < steps; ++step) {
        SCOPED_TRACE(step);
        clone_and_die_at(step);
        if (fs::exists(destination())) continue;  // the last step: see below
        Progress progress;
        EXPECT_EQ(code_of([&] { clone(progress); }), VIX_OK);
        expect_a_whole_clone();
        EXPECT_FALSE(fs::exists(source_.string() + ".lck"));
        fs::remove_all(folder_ / "made");
    }
}

TEST_F(CloneSweep, DeathAfterTheLastRenameLeavesAWholeClone) {
    const int steps = steps_of_a_clean_clone();
    clone_and_die_at(steps - 1);
    ASSERT_TRUE(fs::exists(destination()));
    EXPECT_EQ(vm::Config::read(destination()).find("scsi0:0.fileName"), "disk-cl1.vmdk");
    EXPECT_TRUE(alike(read_disk("disk-cl1.vmdk"), testing::first_disk_content()));
    EXPECT_TRUE(alike(read_disk("data-cl1.vmdk"), testing::second_disk_content()));
    Progress progress;
    EXPECT_EQ(code_of([&] { clone(progress); }), VIX_E_FILE_ALREADY_EXISTS);
}

TEST_F(CloneSweep, OnlyTheLastStepLeavesAClone) {
    const int steps = steps_of_a_clean_clone();
    for (int step = 0; step + 1 < steps; ++step) {
        SCOPED_TRACE(step);
        clone_and_die_at(step);
        EXPECT_FALSE(fs::exists(destination()));
        fs::remove_all(folder_ / "made");
    }
}

}  // namespace
}  // namespace vix::ops
