#include "io/files/path_map.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"

namespace vix::io {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::contains;
using testing::detail_of;
using testing::TempFolder;

PathMap drive_c(const TempFolder& folder) {
    PathMap map;
    map.map_drive('C', folder.path());
    return map;
}

TEST(PathMap, KnowsWindowsPaths) {
    EXPECT_TRUE(is_windows_path("C:\\VMs\\a.vmx"));
    EXPECT_TRUE(is_windows_path("c:/VMs/a.vmx"));
    EXPECT_TRUE(is_windows_path("C:a.vmx"));
    EXPECT_TRUE(is_windows_path("\\\\server\\share\\a.vmx"));
}

TEST(PathMap, KnowsWhatIsNoWindowsPath) {
    EXPECT_FALSE(is_windows_path("/srv/C:/a.vmx"));
    EXPECT_FALSE(is_windows_path("a.vmx"));
    EXPECT_FALSE(is_windows_path("1:\\a.vmx"));
    EXPECT_FALSE(is_windows_path("C"));
    EXPECT_FALSE(is_windows_path(""));
    EXPECT_FALSE(is_windows_path("\\VMs\\a.vmx"));
}

TEST(PathMap, LeavesOtherPathsAsTheyAre) {
    EXPECT_EQ(PathMap{}.resolve("/srv/vms/a.vmx"), "/srv/vms/a.vmx");
    EXPECT_EQ(PathMap{}.resolve("../a\\b.vmx"), "../a\\b.vmx");
}

TEST(PathMap, FindsAFileBelowTheDrivesFolder) {
    const TempFolder folder;
    folder.write("Virtual Machines/WinXP/WinXP.vmx", "");
    EXPECT_EQ(drive_c(folder).resolve("C:\\Virtual Machines\\WinXP\\WinXP.vmx"),
              folder / "Virtual Machines/WinXP/WinXP.vmx");
}

TEST(PathMap, TakesEitherSeparatorAndRepeatedOnes) {
    const TempFolder folder;
    folder.write("a/b.vmx", "");
    EXPECT_EQ(drive_c(folder).resolve("C:/a\\b.vmx"), folder / "a/b.vmx");
    EXPECT_EQ(drive_c(folder).resolve("C:\\\\a\\\\b.vmx"), folder / "a/b.vmx");
}

TEST(PathMap, TakesDriveLettersOfEitherCase) {
    const TempFolder folder;
    PathMap map;
    map.map_drive('d', folder.path());
    EXPECT_EQ(map.resolve("D:\\x"), folder / "x");
    EXPECT_EQ(map.resolve("d:\\x"), folder / "x");
}

TEST(PathMap, FindsNamesWhateverTheirCase) {
    const TempFolder folder;
    folder.write("Virtual Machines/WinXP.vmx", "");
    EXPECT_EQ(drive_c(folder).resolve("c:\\VIRTUAL MACHINES\\winxp.VMX"),
              folder / "Virtual Machines/WinXP.vmx");
}

TEST(PathMap, ResolvesPathsOfTheDatastore) {
    const TempFolder folder;
    folder.write("web/Web.vmx", "");
    PathMap map;
    map.map_standard_datastore(folder.path());
    EXPECT_EQ(map.resolve_in_datastore("[standard] web/Web.vmx"), folder / "web/Web.vmx");
    EXPECT_EQ(map.resolve_in_datastore("[STANDARD] WEB\\web.vmx"), folder / "web/Web.vmx");
    EXPECT_EQ(map.resolve_in_datastore("[standard] ../../etc/new.vmx"), folder / "etc/new.vmx");
}

TEST(PathMap, NamesAFileByItsDatastore) {
    const TempFolder folder;
    fs::create_directory(folder / "real");
    fs::create_symlink(folder / "real", folder / "vms");
    PathMap map;
    EXPECT_EQ(map.in_datastore("/srv/web.vmx"), "/srv/web.vmx");
    map.map_standard_datastore(folder / "vms");
    const auto named = [&](const fs::path& path) { return map.in_datastore(path.string()); };
    EXPECT_EQ(named(folder / "vms/web/web.vmx"), "[standard] web/web.vmx");
    EXPECT_EQ(named(fs::canonical(folder / "real") / "web.vmx"), "[standard] web.vmx");
    EXPECT_EQ(named(folder / "vms2/web.vmx"), (folder / "vms2/web.vmx").string());
    EXPECT_EQ(named(folder / "vms"), (folder / "vms").string());
    EXPECT_EQ(named("[standard] web.vmx"), "[standard] web.vmx");
}

TEST(PathMap, RefusesADatastoreWithoutAFolder) {
    PathMap map;
    const auto resolve = [&] { map.resolve_in_datastore("[standard] web/web.vmx"); };
    EXPECT_EQ(code_of(resolve), VIX_E_FILE_NAME_INVALID);
    EXPECT_TRUE(contains(detail_of(resolve), "VIX_DATASTORE_STANDARD"));
    map.map_standard_datastore("/nowhere");
    EXPECT_EQ(code_of(resolve), VIX_E_FILE_NOT_FOUND);
    EXPECT_TRUE(contains(detail_of(resolve), "/nowhere"));
    EXPECT_EQ(code_of([&] { map.resolve_in_datastore("[raid] a.vmx"); }), VIX_E_FILE_NAME_INVALID);
}

TEST(PathMap, KnowsPathsOfADatastore) {
    EXPECT_TRUE(is_datastore_path("[standard] web/web.vmx"));
    EXPECT_TRUE(is_datastore_path("[RAC 11g] a\\a.vmx"));
    for (const char* name : {"[old]/web.vmx", "a [b] c.vmx", "[] web.vmx", "[a/b] c.vmx", "[a]"}) {
        EXPECT_FALSE(is_datastore_path(name)) << name;
    }
}

TEST(PathMap, FindsNamesOfOtherScriptsWhateverTheirCase) {
    const TempFolder folder;
    folder.write("Máquinas/ВМ.vmx", "");
    EXPECT_EQ(drive_c(folder).resolve("C:\\MÁQUINAS\\вм.VMX"), folder / "Máquinas/ВМ.vmx");
}

TEST(PathMap, PrefersTheExactSpelling) {
    const TempFolder folder;
    folder.write("A.vmx", "");
    folder.write("a.vmx", "");
    EXPECT_EQ(drive_c(folder).resolve("C:\\a.vmx"), folder / "a.vmx");
    EXPECT_EQ(drive_c(folder).resolve("C:\\A.vmx"), folder / "A.vmx");
}

TEST(PathMap, OfSeveralSpellingsTakesTheFirstInByteOrder) {
    const TempFolder folder;
    folder.write("vM.vmx", "");
    folder.write("VM.vmx", "");
    folder.write("Vm.vmx", "");
    EXPECT_EQ(drive_c(folder).resolve("C:\\vm.vmx"), folder / "VM.vmx");
}

TEST(PathMap, NewNamesKeepTheCallersCase) {
    const TempFolder folder;
    fs::create_directory(folder / "Clones");
    EXPECT_EQ(drive_c(folder).resolve("C:\\CLONES\\New VM\\New VM.vmx"),
              folder / "Clones/New VM/New VM.vmx");
}

TEST(PathMap, ResolvesDotsAsWindowsDoes) {
    const TempFolder folder;
    EXPECT_EQ(drive_c(folder).resolve("C:\\a\\.\\b\\..\\c.vmx"), folder / "a/c.vmx");
}

TEST(PathMap, NeverLeavesTheDrivesFolder) {
    const TempFolder folder;
    EXPECT_EQ(drive_c(folder).resolve("C:\\..\\..\\etc\\passwd"), folder / "etc/passwd");
    EXPECT_EQ(drive_c(folder).resolve("C:\\a\\..\\..\\b"), folder / "b");
    EXPECT_EQ(drive_c(folder).resolve("C:/../x"), folder / "x");
}

TEST(PathMap, TheRootOfADriveIsItsFolder) {
    const TempFolder folder;
    EXPECT_EQ(drive_c(folder).resolve("C:\\"), folder.path());
}

TEST(PathMap, UnmappedDriveNamesTheSetting) {
    const auto resolve = [] { PathMap{}.resolve("E:\\VMs\\a.vmx"); };
    EXPECT_EQ(code_of(resolve), VIX_E_FILE_NAME_INVALID);
    EXPECT_TRUE(contains(detail_of(resolve), "drive.E"));
    EXPECT_TRUE(contains(detail_of(resolve), "VIX_DRIVE_E"));
}

TEST(PathMap, RefusesNetworkPaths) {
    const TempFolder folder;
    EXPECT_EQ(code_of([&] { drive_c(folder).resolve("\\\\server\\share\\a.vmx"); }),
              VIX_E_FILE_NAME_INVALID);
}

TEST(PathMap, RefusesPathsRelativeToADrivesCurrentFolder) {
    const TempFolder folder;
    EXPECT_EQ(code_of([&] { drive_c(folder).resolve("C:a.vmx"); }), VIX_E_FILE_NAME_INVALID);
    EXPECT_EQ(code_of([&] { drive_c(folder).resolve("C:"); }), VIX_E_FILE_NAME_INVALID);
}

TEST(PathMap, FollowsRelativeWindowsNames) {
    const TempFolder folder;
    folder.write("Disks/Data.vmdk", "");
    EXPECT_EQ(follow_windows_names(folder.path(), "disks\\DATA.vmdk"), folder / "Disks/Data.vmdk");
}

TEST(PathMap, ALinkInTheFolderIsAName) {
    const TempFolder folder;
    fs::create_symlink("/nowhere", folder / "Link.vmdk");
    EXPECT_EQ(follow_windows_names(folder.path(), "link.vmdk"), folder / "Link.vmdk");
}

}  // namespace
}  // namespace vix::io
