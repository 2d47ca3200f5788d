#include "io/files/file_state.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "testing/process/temp_folder.h"

namespace vix::io {
namespace {

using testing::TempFolder;

TEST(FileState, IsAnotherOnceTheFileHasChanged) {
    const TempFolder folder;
    const auto file = folder.write("a", "one");
    const auto before = state_of(file);
    ASSERT_TRUE(before);
    EXPECT_TRUE(state_of(file) == before);
    folder.write("a", "other");
    EXPECT_FALSE(state_of(file) == before);
}

TEST(FileState, IsAnotherForAnotherFileOfThatName) {
    const TempFolder folder;
    const auto file = folder.write("a", "one");
    const auto before = state_of(file);
    boost::filesystem::rename(folder.write("b", "two"), file);
    EXPECT_FALSE(state_of(file) == before);
}

TEST(FileState, OfAFileThatHasJustBeenWrittenIsNotSettled) {
    const TempFolder folder;
    auto state = *state_of(folder.write("a", "one"));
    EXPECT_FALSE(is_settled(state));
    state.changed_ns -= 3'000'000'000;
    EXPECT_TRUE(is_settled(state));
}

TEST(FileState, OfASealedFileIsAnotherAfterAnyChange) {
    const TempFolder folder;
    const auto file = folder.write("a", "one");
    for (int i = 0; i < 100; ++i) {
        const auto sealed = seal(file);
        if (!sealed) GTEST_SKIP() << "the file system keeps no nanoseconds";
        EXPECT_EQ(state_of(file)->modified_ns, *sealed);
        folder.write("a", "two");
        ASSERT_NE(state_of(file)->modified_ns, *sealed);
    }
}

TEST(FileState, OfAnOpenFileIsThatOfItsPath) {
    const TempFolder folder;
    const auto file = folder.write("a", "one");
    EXPECT_TRUE(state_of(File::open(file)) == state_of(file));
}

TEST(FileState, OfNoFileIsNothing) {
    const TempFolder folder;
    EXPECT_FALSE(state_of(folder / "none"));
}

}  // namespace
}  // namespace vix::io
