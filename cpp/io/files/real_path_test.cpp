#include "io/files/real_path.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"

namespace vix::io {
namespace {

namespace fs = boost::filesystem;
using testing::TempFolder;

Error error_of(const fs::path& path) {
    try {
        real_path(path);
    } catch (...) {
        return current_error();
    }
    return Error{VIX_OK, {}};
}

TEST(RealPath, FollowsLinksAsFarAsThePathIsThere) {
    const TempFolder folder;
    fs::create_directory(folder / "there");
    fs::create_symlink("there", folder / "link");
    EXPECT_EQ(real_path(folder / "link/a/../b/c.vmx"), folder / "there/b/c.vmx");
    EXPECT_EQ(real_path(folder / "link"), folder / "there");
}

TEST(RealPath, OfARelativeNameThatIsNotThereIsInTheCurrentFolder) {
    EXPECT_EQ(real_path("no-such-file"), fs::canonical(fs::current_path()) / "no-such-file");
}

TEST(RealPath, TellsTheNumberOfWhatCannotBeLookedAt) {
    const TempFolder folder;
    fs::create_symlink("ring", folder / "ring");
    const Error error = error_of(folder / "ring/c.vmx");
    EXPECT_EQ(error.code(), VIX_E_FILE_NAME_INVALID);
    EXPECT_NE(error.detail().find("(errno 40)"), std::string::npos) << error.detail();
}

TEST(RealFolders, ResolveAFileAsBoostDoes) {
    const TempFolder folder;
    fs::create_directories(folder / "there");
    testing::write_file(folder / "there/a.vmdk", "a");
    fs::create_symlink("there", folder / "link");
    fs::create_symlink("a.vmdk", folder / "there/b.vmdk");
    RealFolders real;
    for (const char* path : {"there/a.vmdk", "link/a.vmdk", "link/b.vmdk", "there/../link/a.vmdk",
                             "link", "link/.."}) {
        EXPECT_EQ(real.canonical(folder / path), fs::canonical(folder / path)) << path;
    }
    EXPECT_THROW(real.canonical(folder / "link/none"), fs::filesystem_error);
}

TEST(RealFolders, KeepTheNameOfAFileThatIsALinkOrIsNotThere) {
    const TempFolder folder;
    fs::create_directories(folder / "there");
    fs::create_symlink("there", folder / "link");
    fs::create_symlink("none", folder / "there/b.vmdk");
    RealFolders real;
    EXPECT_EQ(real.place_of(folder / "link/b.vmdk"), folder / "there/b.vmdk");
    EXPECT_EQ(real.place_of(folder / "link/none"), folder / "there/none");
    EXPECT_EQ(real.place_of(folder / "none/a"), folder / "none/a");
}

}  // namespace
}  // namespace vix::io
