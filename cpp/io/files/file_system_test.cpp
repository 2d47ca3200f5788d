#include "io/files/file_system.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "testing/process/temp_folder.h"

namespace vix::io {
namespace {

TEST(FileSystem, OfAPathThatIsGoneIsThatOfItsFolder) {
    const testing::TempFolder folder;
    const auto file = folder.write("a/b/c", "");
    const std::string there = file_system_of(file);
    EXPECT_NE(there, "");
    boost::filesystem::remove_all(folder / "a");
    EXPECT_EQ(file_system_of(file), there);
    EXPECT_EQ(file_system_of(folder.path()), there);
}

TEST(FileSystem, OfAnotherMountIsAnother) {
    const testing::TempFolder folder;
    EXPECT_NE(file_system_of("/proc"), file_system_of(folder.path()));
    EXPECT_NE(file_system_of("/proc"), file_system_of("/"));
    EXPECT_EQ(file_system_of("/proc/self/fd"), file_system_of("/proc/none/at/all"));
}

TEST(FileSystem, IsFoundThroughALink) {
    const testing::TempFolder folder;
    boost::filesystem::create_symlink("/proc", folder / "link");
    EXPECT_EQ(file_system_of(folder / "link/none"), file_system_of("/proc"));
}

}  // namespace
}  // namespace vix::io
