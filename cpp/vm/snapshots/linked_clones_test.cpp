#include "vm/snapshots/linked_clones.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>

#include "testing/machines/machines.h"
#include "testing/process/failure.h"
#include "testing/process/nobody.h"
#include "testing/process/temp_folder.h"

namespace vix::vm {
namespace {

namespace fs = boost::filesystem;
using testing::TempFolder;
using testing::write_file;

// A parent whose snapshot records one clone, which exists and names the parent.
class LinkedClones : public ::testing::Test {
  protected:
    LinkedClones() {
        fs::create_directory(folder_ / "parent");
        fs::create_directories(folder_ / "home/clone");
        fs::permissions(folder_.path(), fs::all_all);
        write_file(parent_, "displayName = \"p\"\n");
        write_file(clone_, "displayName = \"c\"\n");
        write_file(folder_ / "parent/p.vmdk", testing::mono_disk("p.vmdk", 'p', 1, 7));
        write_file(snapshot_list_path(clone_), "cloneOf0 = \"" + parent_.string() + "\"\n");
        snapshot_.clones = {clone_.string()};
        snapshot_.disks = {{"scsi0:0", {"p.vmdk", "p.vmdk"}}};
    }

    std::size_t live() const { return live_clones(Machine::open(parent_, {}), snapshot_).size(); }

    const TempFolder folder_;
    const fs::path parent_ = folder_ / "parent/p.vmx";
    const fs::path clone_ = folder_ / "home/clone/c.vmx";
    Snapshot snapshot_;
};

TEST_F(LinkedClones, LiveWhereTheyReferBack) {
    EXPECT_EQ(live(), 1U);
    write_file(snapshot_list_path(clone_), "");
    EXPECT_EQ(live(), 0U);
}

TEST_F(LinkedClones, LiveByTheirDisksWhereTheirListIsLost) {
    const std::string hint = (folder_ / "parent/p.vmdk").string();
    write_file(folder_ / "home/clone/c.vmdk", testing::mono_disk("c.vmdk", 'c', 2, 8, hint, 7));
    for (const fs::path& lost : {snapshot_list_path(clone_), clone_}) {
        fs::remove(lost);
        EXPECT_EQ(live(), 1U) << lost;
    }
}

// The copy has the original's snapshot list, and the relative path to the clone is the same from
// both.
TEST_F(LinkedClones, OfTheOriginalAreNotThoseOfACopyBesideIt) {
    fs::create_directory(folder_ / "copy");
    for (const char* name : {"p.vmx", "p.vmdk"}) {
        fs::copy_file(folder_ / "parent" / name, folder_ / "copy" / name);
    }
    const std::string hint = (folder_ / "parent/p.vmdk").string();
    write_file(folder_ / "home/clone/c.vmdk", testing::mono_disk("c.vmdk", 'c', 2, 8, hint, 7));
    EXPECT_EQ(live_clones(Machine::open(folder_ / "copy/p.vmx", {}), snapshot_).size(), 0U);
    EXPECT_EQ(live(), 1U);
    fs::remove_all(folder_ / "parent");
    EXPECT_EQ(live_clones(Machine::open(folder_ / "copy/p.vmx", {}), snapshot_).size(), 1U);
}

TEST_F(LinkedClones, ThatAreGoneDoNotLive) {
    fs::remove_all(clone_.parent_path());
    EXPECT_EQ(live(), 0U);
}

// Another user owns the clone. Removing the snapshot would destroy the disks it depends on.
TEST_F(LinkedClones, ThatCannotBeLookedAtLive) {
    fs::permissions(folder_ / "home", fs::no_perms);
    EXPECT_TRUE(testing::holds_for_nobody([&] { return live() == 1; }));
    fs::permissions(folder_ / "home", fs::owner_all);
}

TEST_F(LinkedClones, ThatCannotBeReadSayWhy) {
    EXPECT_EQ(live_clones(Machine::open(parent_, {}), snapshot_).front().to_text(),
              "the linked clone " + clone_.string());
    fs::permissions(folder_ / "home", fs::no_perms);
    EXPECT_TRUE(testing::holds_for_nobody([&] {
        const LiveClone clone = live_clones(Machine::open(parent_, {}), snapshot_).front();
        return clone.vmx == clone_ && testing::contains(clone.doubt, "Permission denied") &&
               testing::contains(clone.to_text(), clone.doubt);
    }));
    fs::permissions(folder_ / "home", fs::owner_all);
}

// The clone's snapshot list is lost and one of its disks cannot be read: report that disk.
TEST_F(LinkedClones, WhoseDisksCannotBeReadSayWhy) {
    fs::remove(snapshot_list_path(clone_));
    write_file(folder_ / "home/clone/c.vmdk", testing::mono_disk("c.vmdk", 'c', 2));
    fs::permissions(folder_ / "home/clone/c.vmdk", fs::no_perms);
    EXPECT_TRUE(testing::holds_for_nobody([&] {
        const auto live = live_clones(Machine::open(parent_, {}), snapshot_);
        return live.size() == 1 && testing::contains(live.front().doubt, "c.vmdk");
    }));
}

// A clone must not count as alive because this process has no file descriptor left.
TEST_F(LinkedClones, CannotBeAskedWithTooManyOpenFiles) {
    const Machine machine = Machine::open(parent_, {});
    EXPECT_TRUE(testing::holds_for_nobody([&] {
        const int lowest_free = dup(0);
        const rlimit few{static_cast<rlim_t>(lowest_free), static_cast<rlim_t>(lowest_free)};
        close(lowest_free);
        if (setrlimit(RLIMIT_NOFILE, &few) != 0) return false;
        return testing::code_of([&] { live_clones(machine, snapshot_); }) ==
               VIX_E_DISK_TOOMANYOPENFILES;
    }));
}

}  // namespace
}  // namespace vix::vm
