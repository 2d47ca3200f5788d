#include "io/files/folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>

#include "testing/process/failure.h"
#include "testing/process/system_calls.h"
#include "testing/process/temp_folder.h"

namespace vix::io {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::TempFolder;
using testing::write_file;

std::vector<std::string> sorted(std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    return names;
}

TEST(Folder, ListsFilesFoldersAndLinksButNotItself) {
    const TempFolder folder;
    write_file(folder / "file", "");
    fs::create_directory(folder / "folder");
    fs::create_symlink("nowhere", folder / "link");
    EXPECT_EQ(sorted(names_in(folder.path())),
              (std::vector<std::string>{"file", "folder", "link"}));
}

TEST(Folder, IsListedThoughASignalInterruptsOpeningIt) {
    const TempFolder folder;
    write_file(folder / "file", "");
    testing::interrupt_next_folder();
    EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"file"});
    EXPECT_FALSE(testing::interrupt_is_due());
}

TEST(Folder, OneThatIsMissingIsAnErrorOrHasNoNames) {
    const TempFolder folder;
    EXPECT_EQ(code_of([&] { names_in(folder / "gone"); }), VIX_E_FILE_NOT_FOUND);
    EXPECT_TRUE(names_if_any(folder / "gone").empty());
}

TEST(Folder, RemovesAllInItAndNothingBehindALink) {
    const TempFolder folder;
    fs::create_directories(folder / "whole/below");
    write_file(folder / "whole/below/file", "x");
    fs::create_directory(folder / "kept");
    write_file(folder / "kept/file", "x");
    fs::create_symlink(folder / "kept", folder / "whole/link");
    EXPECT_TRUE(remove_whole(folder / "whole"));
    EXPECT_FALSE(fs::exists(folder / "whole"));
    EXPECT_TRUE(fs::exists(folder / "kept/file"));
    EXPECT_TRUE(remove_whole(folder / "whole"));
}

}  // namespace
}  // namespace vix::io
