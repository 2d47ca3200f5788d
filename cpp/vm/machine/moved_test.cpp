#include "vm/machine/moved.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "testing/process/temp_folder.h"

namespace vix::vm {
namespace {

namespace fs = boost::filesystem;
using testing::TempFolder;

using Places = std::vector<fs::path>;

// A folder "now" with vm/p.vmx and clone/.
class MovedPlaces : public ::testing::Test {
  protected:
    MovedPlaces() {
        fs::create_directories(folder_ / "now/vm");
        fs::create_directories(folder_ / "now/clone");
        folder_.write("now/vm/p.vmx", "x");
    }

    Places from_clone(const std::string& named) const {
        return moved_places(named, folder_ / "now/clone");
    }

    TempFolder folder_;
};

TEST_F(MovedPlaces, LieTheSameWayFromTheRenamedFolder) {
    EXPECT_EQ(from_clone("/once/upon/vm/p.vmx"), Places{folder_ / "now/vm/p.vmx"});
}

TEST_F(MovedPlaces, MayHaveLainRightBelowTheRoot) {
    EXPECT_EQ(from_clone("/vm/p.vmx"), Places{folder_ / "now/vm/p.vmx"});
}

TEST_F(MovedPlaces, AreNamedByEndsOfThePathOnly) {
    EXPECT_EQ(from_clone("/once/vm2/p.vmx"), Places{});
    EXPECT_EQ(from_clone("/once/vm/q.vmx"), Places{});
    EXPECT_EQ(from_clone("/p.vmx/vm"), Places{folder_ / "now/vm"});
}

TEST_F(MovedPlaces, BeginWithTheNearest) {
    fs::create_directories(folder_ / "now/clone/vm");
    folder_.write("now/clone/vm/p.vmx", "x");
    const Places both{folder_ / "now/clone/vm/p.vmx", folder_ / "now/vm/p.vmx"};
    EXPECT_EQ(from_clone("/once/vm/p.vmx"), both);
}

TEST_F(MovedPlaces, OfWindowsPathsTakeAnyCase) {
    EXPECT_EQ(from_clone("C:\\Once\\VM\\P.vmx"), Places{folder_ / "now/vm/p.vmx"});
    EXPECT_EQ(from_clone("\\\\server\\share\\vm\\p.vmx"), Places{folder_ / "now/vm/p.vmx"});
}

TEST_F(MovedPlaces, AreSoughtForAbsoluteNamesOnly) {
    EXPECT_EQ(from_clone("vm/p.vmx"), Places{});
    EXPECT_EQ(from_clone("../vm/p.vmx"), Places{});
    EXPECT_EQ(from_clone(""), Places{});
}

TEST_F(MovedPlaces, AreNotSoughtForNamesThatClimb) {
    EXPECT_EQ(from_clone("/once/x/../vm/p.vmx"), Places{});
}

TEST_F(MovedPlaces, CostLittleForAHostileName) {
    std::string deep;
    for (int i = 0; i < 10000; ++i) deep += "/vm";
    EXPECT_EQ(from_clone(deep + "/p.vmx"), Places{});
}

TEST(MovedWay, IsTheSameBelowAnotherRoot) {
    EXPECT_TRUE(is_same_way("/a/b/vm/p.vmx", "/a/b/clone/c.vmx", "/x/vm/p.vmx", "/x/clone/c.vmx"));
    EXPECT_TRUE(is_same_way("/vm/p.vmx", "/clone/c.vmx", "/x/y/vm/p.vmx", "/x/y/clone/c.vmx"));
}

TEST(MovedWay, LeadsDownTheSameNames) {
    EXPECT_FALSE(is_same_way("/a/vm/p.vmx", "/a/clone/c.vmx", "/x/vm/p.vmx", "/x/other/c.vmx"));
    EXPECT_FALSE(is_same_way("/a/vm/p.vmx", "/a/clone/c.vmx", "/x/vm/p.vmx", "/x/y/clone/c.vmx"));
}

// The machine's own folder may have been renamed.
TEST(MovedWay, LeadsUpAsManySteps) {
    EXPECT_TRUE(is_same_way("/a/vm/p.vmx", "/a/clone/c.vmx", "/x/new/p.vmx", "/x/clone/c.vmx"));
    EXPECT_FALSE(is_same_way("/a/vm/p.vmx", "/a/clone/c.vmx", "/x/y/vm/p.vmx", "/x/clone/c.vmx"));
}

TEST(MovedWay, OfWindowsPathsTakesAnyCase) {
    EXPECT_TRUE(is_same_way("C:\\VMs\\vm\\p.vmx", "c:\\vms\\Clone\\c.vmx", "/x/vm/p.vmx",
                            "/x/clone/C.vmx"));
}

TEST(MovedWay, IsNoneBetweenDifferentKindsOfPaths) {
    EXPECT_FALSE(is_same_way("C:\\vm\\p.vmx", "/clone/c.vmx", "/x/vm/p.vmx", "/x/clone/c.vmx"));
    EXPECT_FALSE(is_same_way("vm/p.vmx", "/clone/c.vmx", "/x/vm/p.vmx", "/x/clone/c.vmx"));
}

}  // namespace
}  // namespace vix::vm
