#include "vm/disks/disk_files.h"

#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>

#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"

namespace vix::vm {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::contains;
using testing::detail_of;
using testing::TempFolder;

NamedFile named(const std::string& name) {
    return {name, name};
}

std::optional<fs::path> find(const TempFolder& folder, const std::string& name,
                             const std::vector<fs::path>& search = {},
                             const Settings& settings = {}) {
    return find_file(named(name), folder.path(), search, settings);
}

TEST(FindFile, FindsARelativeName) {
    const TempFolder folder;
    folder.write("a.vmdk", "");
    folder.write("sub/b.vmdk", "");
    EXPECT_EQ(find(folder, "a.vmdk"), folder / "a.vmdk");
    EXPECT_EQ(find(folder, "sub/b.vmdk"), folder / "sub/b.vmdk");
}

TEST(FindFile, FindsAnAbsolutePath) {
    const TempFolder folder;
    const TempFolder other;
    const fs::path path = other.write("a.vmdk", "");
    EXPECT_EQ(find(folder, path.string()), path);
}

TEST(FindFile, FindsNothingWhereNothingIs) {
    const TempFolder folder;
    EXPECT_EQ(find(folder, "a.vmdk"), std::nullopt);
    EXPECT_EQ(find(folder, "/no/such/a.vmdk"), std::nullopt);
}

TEST(FindFile, FindsANameThatIsOnDiskInTheFilesEncoding) {
    const TempFolder folder;
    folder.write("\xCE\xBB.vmdk", "");
    EXPECT_EQ(find_file({"位.vmdk", "\xCE\xBB.vmdk"}, folder.path(), {}, {}),
              folder / "\xCE\xBB.vmdk");
}

TEST(FindFile, FindsANameFromAHostBeforeUtf8) {
    const TempFolder folder;
    folder.write("b\xE4se.vmdk", "");
    EXPECT_EQ(find(folder, "bäse.vmdk"), folder / "b\xE4se.vmdk");
}

TEST(FindFile, PrefersTheNameInUtf8) {
    const TempFolder folder;
    folder.write("\xCE\xBB.vmdk", "");
    folder.write("位.vmdk", "");
    EXPECT_EQ(find_file({"位.vmdk", "\xCE\xBB.vmdk"}, folder.path(), {}, {}), folder / "位.vmdk");
}

TEST(FindFile, FindsNamesOfWindowsWhateverTheirCase) {
    const TempFolder folder;
    folder.write("Sub/Disk.vmdk", "");
    EXPECT_EQ(find(folder, "SUB\\disk.VMDK"), folder / "Sub/Disk.vmdk");
}

// Files copied from macOS have such names.
TEST(FindFile, FindsANameWhoseLettersAreComposedOtherwise) {
    const TempFolder folder;
    folder.write("Cafe\u0301/Gro\u0308\u00DFe.vmdk", "");
    EXPECT_EQ(find(folder, "Caf\u00E9/Gr\u00F6\u00DFe.vmdk"),
              folder / "Cafe\u0301/Gro\u0308\u00DFe.vmdk");
    folder.write("\uD55C.vmdk", "");
    EXPECT_EQ(find(folder, "\u1112\u1161\u11AB.vmdk"), folder / "\uD55C.vmdk");
    EXPECT_EQ(find(folder, "/other/host/\u1112\u1161\u11AB.vmdk", {folder.path()}),
              folder / "\uD55C.vmdk");
}

TEST(FindFile, FindsALetterComposedOtherwiseAndInAnotherCase) {
    const TempFolder folder;
    folder.write("CAFE\u0301.vmdk", "");
    EXPECT_EQ(find(folder, "caf\u00E9.vmdk"), folder / "CAFE\u0301.vmdk");
}

TEST(FindFile, PrefersTheExactNameToOneComposedOtherwise) {
    const TempFolder folder;
    folder.write("e\u0301.vmdk", "");
    folder.write("\u00E9.vmdk", "");
    EXPECT_EQ(find(folder, "e\u0301.vmdk"), folder / "e\u0301.vmdk");
    EXPECT_EQ(find(folder, "\u00E9.vmdk"), folder / "\u00E9.vmdk");
}

// The name asked for is in neither form.
TEST(FindFile, RefusesANameThatCouldBeThatOfTwoFiles) {
    const TempFolder folder;
    folder.write("\u00E9\u00E9.vmdk", "");
    folder.write("e\u0301e\u0301.vmdk", "");
    EXPECT_EQ(code_of([&] { find(folder, "\u00E9e\u0301.vmdk"); }), VIX_E_FILE_ERROR);
}

TEST(FindFile, FindsNamesAboveTheFolder) {
    const TempFolder folder;
    folder.write("base/a.vmdk", "");
    fs::create_directory(folder / "vm");
    EXPECT_EQ(find_file(named("..\\BASE\\a.vmdk"), folder / "vm", {}, {}), folder / "base/a.vmdk");
    EXPECT_EQ(find_file(named("../base/a.vmdk"), folder / "vm", {}, {}),
              folder / "vm/../base/a.vmdk");
}

TEST(FindFile, AboveTheRootIsTheRoot) {
    const TempFolder folder;
    folder.write("a.vmdk", "");
    const fs::path before = fs::current_path();
    fs::current_path(folder.path());
    const auto found = find_file(named("..\\..\\a.vmdk"), "/vix-no-such-folder", {}, {});
    fs::current_path(before);
    EXPECT_EQ(found, std::nullopt);
}

TEST(FindFile, FindsAWindowsPathThroughTheDriveMap) {
    const TempFolder folder;
    const TempFolder drive;
    Settings settings;
    settings.path_map.map_drive('E', drive.path());
    drive.write("VMs/a.vmdk", "");
    EXPECT_EQ(find(folder, "E:\\vms\\A.vmdk", {}, settings), drive / "VMs/a.vmdk");
}

TEST(FindFile, FindsTheBareNameOfAnUnmappedPathWhereItIsSearched) {
    const TempFolder folder;
    folder.write("a.vmdk", "");
    EXPECT_EQ(find(folder, "E:\\vms\\a.vmdk", {folder.path()}), folder / "a.vmdk");
    EXPECT_EQ(find(folder, "/gone/a.vmdk", {folder.path()}), folder / "a.vmdk");
}

TEST(FindFile, UnmappedAndFoundNowhereNamesTheSetting) {
    const TempFolder folder;
    const auto search = [&] { find(folder, "E:\\vms\\a.vmdk", {folder.path()}); };
    EXPECT_EQ(code_of(search), VIX_E_FILE_NAME_INVALID);
    EXPECT_TRUE(contains(detail_of(search), "drive.E"));
}

TEST(FindFile, SearchesInTheOrderGiven) {
    const TempFolder folder;
    folder.write("one/a.vmdk", "");
    folder.write("two/a.vmdk", "");
    EXPECT_EQ(find(folder, "a.vmdk", {folder / "none", folder / "two", folder / "one"}),
              folder / "two/a.vmdk");
}

TEST(FindFile, ANameWithANulIsNowhere) {
    const TempFolder folder;
    folder.write("a", "");
    const std::string name("a\0.vmdk", 7);
    EXPECT_NE(find_file({name, name}, folder.path(), {folder.path()}, {}).value_or("none"),
              folder / name);
}

std::string text_of(const io::File& file) {
    std::string text(file.size(), '\0');
    file.read_at(0, std::as_writable_bytes(std::span{text}));
    return text;
}

std::string open(const TempFolder& folder, const std::string& name, const Settings& settings = {}) {
    return text_of(open_extent_file(named(name), folder.path(), settings));
}

TEST(FindFile, ANameThatNoFileCanHaveIsNowhere) {
    const TempFolder folder;
    fs::create_symlink("loop", folder / "loop");
    EXPECT_EQ(find(folder, std::string(300, 'x') + ".vmdk"), std::nullopt);
    EXPECT_EQ(find(folder, "loop/a.vmdk"), std::nullopt);
}

TEST(FindFile, WhereItMayNotLookIsNotTakenForNothing) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can be somebody else for a while";
    const TempFolder folder;
    const TempFolder open;
    folder.write("closed/a.vmdk", "");
    open.write("a.vmdk", "");
    for (const TempFolder* each : {&folder, &open})
        fs::permissions(each->path(), fs::owner_all | fs::group_exe | fs::others_exe);
    fs::permissions(folder / "closed", fs::owner_all);
    setfsuid(65534);
    const auto code = code_of([&] { find(folder, "closed/a.vmdk"); });
    const auto beside = find(folder, "closed/a.vmdk", {open.path()});
    setfsuid(0);
    EXPECT_EQ(code, VIX_E_FILE_ACCESS_ERROR);
    EXPECT_EQ(beside, open / "a.vmdk");
}

TEST(ExtentFile, IsOpenedInTheDisksFolder) {
    const TempFolder folder;
    folder.write("a-flat.vmdk", "flat");
    EXPECT_EQ(open(folder, "a-flat.vmdk"), "flat");
}

TEST(ExtentFile, IsOpenedBelowTheDisksFolder) {
    const TempFolder folder;
    folder.write("sub/a-flat.vmdk", "flat");
    EXPECT_EQ(open(folder, "sub/a-flat.vmdk"), "flat");
}

TEST(ExtentFile, IsOpenedByAnAbsolutePathIntoTheFolder) {
    const TempFolder folder;
    const fs::path path = folder.write("a-flat.vmdk", "flat");
    EXPECT_EQ(open(folder, path.string()), "flat");
}

TEST(ExtentFile, MissingIsNotFound) {
    const TempFolder folder;
    EXPECT_EQ(code_of([&] { open(folder, "a-flat.vmdk"); }), VIX_E_FILE_NOT_FOUND);
}

TEST(ExtentFile, IsNotOpenedElsewhere) {
    const TempFolder folder;
    const TempFolder other;
    const fs::path path = other.write("secret", "secret");
    EXPECT_EQ(code_of([&] { open(folder, path.string()); }), VIX_E_FILE_ACCESS_ERROR);
    EXPECT_EQ(code_of([&] { open(folder, "../" + other.path().filename().string() + "/secret"); }),
              VIX_E_FILE_ACCESS_ERROR);
    EXPECT_EQ(code_of([&] { open(folder, "/etc/passwd"); }), VIX_E_FILE_ACCESS_ERROR);
}

TEST(ExtentFile, IsNotOpenedInAFolderThatOnlyBeginsAlike) {
    const TempFolder folder;
    folder.write("vm/x", "");
    folder.write("vm2/secret", "secret");
    EXPECT_EQ(code_of([&] { open_extent_file(named("../vm2/secret"), folder / "vm", {}); }),
              VIX_E_FILE_ACCESS_ERROR);
}

TEST(ExtentFile, RefusalNamesTheSetting) {
    const TempFolder folder;
    EXPECT_TRUE(contains(detail_of([&] { open(folder, "/etc/passwd"); }), "disk.folders"));
}

TEST(ExtentFile, IsOpenedWhereTheSettingAllows) {
    const TempFolder folder;
    const TempFolder other;
    const fs::path path = other.write("sub/a-flat.vmdk", "flat");
    Settings settings;
    settings.extent_folders = {"/no/such/folder", other.path()};
    EXPECT_EQ(open(folder, path.string(), settings), "flat");
}

TEST(ExtentFile, IsNotALink) {
    const TempFolder folder;
    folder.write("real", "x");
    fs::create_symlink("real", folder / "a-flat.vmdk");
    EXPECT_EQ(code_of([&] { open(folder, "a-flat.vmdk"); }), VIX_E_FILE_ACCESS_ERROR);
}

TEST(ExtentFile, IsNotBehindALinkedFolder) {
    const TempFolder folder;
    const TempFolder other;
    other.write("secret", "secret");
    fs::create_symlink(other.path(), folder / "sub");
    EXPECT_EQ(code_of([&] { open(folder, "sub/secret"); }), VIX_E_FILE_ACCESS_ERROR);
}

TEST(ExtentFile, MayLieInAFolderThatIsALinkItself) {
    const TempFolder folder;
    folder.write("real/a-flat.vmdk", "flat");
    fs::create_symlink("real", folder / "vm");
    EXPECT_EQ(text_of(open_extent_file(named("a-flat.vmdk"), folder / "vm", {})), "flat");
}

TEST(ExtentFile, IsNoFifo) {
    const TempFolder folder;
    ASSERT_EQ(mkfifo((folder / "a-flat.vmdk").c_str(), 0600), 0);
    alarm(5);
    EXPECT_EQ(code_of([&] { open(folder, "a-flat.vmdk"); }), VIX_E_FILE_ACCESS_ERROR);
    alarm(0);
}

TEST(ExtentFile, IsNoDeviceAndNoFolder) {
    const TempFolder folder;
    fs::create_directory(folder / "sub");
    Settings settings;
    settings.extent_folders = {"/dev"};
    EXPECT_EQ(code_of([&] { open(folder, "/dev/zero", settings); }), VIX_E_FILE_ACCESS_ERROR);
    EXPECT_EQ(code_of([&] { open(folder, "sub"); }), VIX_E_FILE_ACCESS_ERROR);
}

}  // namespace
}  // namespace vix::vm
