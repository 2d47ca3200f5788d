#include "vm/linked_clones.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "testing/nobody.h"
#include "testing/temp_folder.h"

namespace vix::vm {
namespace {

namespace fs = boost::filesystem;
using testing::TempFolder;
using testing::write_file;

// A parent whose snapshot has the record of one clone, which is there and names it.
class LinkedClones : public ::testing::Test {
  protected:
    LinkedClones() {
        fs::create_directory(folder_ / "parent");
        fs::create_directories(folder_ / "home/clone");
        fs::permissions(folder_.path(), fs::all_all);
        write_file(parent_, "");
        write_file(clone_, "");
        write_file(snapshot_list_path(clone_), "cloneOf0 = \"" + parent_.string() + "\"\n");
        snapshot_.clones = {clone_.string()};
    }

    std::size_t live() const { return live_clones(parent_, snapshot_, {}).size(); }

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

TEST_F(LinkedClones, ThatAreGoneDoNotLive) {
    fs::remove_all(clone_.parent_path());
    EXPECT_EQ(live(), 0U);
}

// Another user's: with the snapshot all that it stands on would go.
TEST_F(LinkedClones, ThatCannotBeLookedAtLive) {
    fs::permissions(folder_ / "home", fs::no_perms);
    EXPECT_TRUE(testing::holds_for_nobody([&] { return live() == 1; }));
    fs::permissions(folder_ / "home", fs::owner_all);
}

}  // namespace
}  // namespace vix::vm
