#include "io/files/file_system.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

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

// In mounts of its own. The status of the process: 0 for another, 1 for the same, 2 if it cannot
// mount.
int compare_with_bound(const boost::filesystem::path& real, const boost::filesystem::path& bound) {
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount(real.c_str(), bound.c_str(), nullptr, MS_BIND, nullptr) != 0) {
        return 2;
    }
    const std::string mounted = file_system_of(bound / "clone");
    if (umount(bound.c_str()) != 0) return 2;
    return !mounted.empty() && mounted != file_system_of(bound / "clone") ? 0 : 1;
}

// One folder of a file system can be mounted at another: without the mount its files are not gone.
TEST(FileSystem, OfABoundFolderIsAnother) {
    const testing::TempFolder folder;
    boost::filesystem::create_directories(folder / "real/clone");
    boost::filesystem::create_directory(folder / "bound");
    const pid_t child = fork();
    if (child == 0) _exit(compare_with_bound(folder / "real", folder / "bound"));
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    if (WEXITSTATUS(status) == 2) GTEST_SKIP() << "this user cannot mount a folder";
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace vix::io
