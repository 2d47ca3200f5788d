#include "vm/machine/machine.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"

namespace vix::vm {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::TempFolder;

Machine machine_of(const TempFolder& folder, const std::string& text,
                   const Settings& settings = {}) {
    return Machine::open(folder.write("vm.vmx", text), settings);
}

TEST(Machine, LooksForFilesWhereTheConfigurationSays) {
    const TempFolder folder;
    Settings settings;
    fs::create_directory(folder / "drive");
    settings.path_map.map_drive('D', folder / "drive");
    const Machine machine = machine_of(folder,
                                       "workingDir = \"work\"\n"
                                       "fileSearchPath = \".;/srv/parent;D:\\vms;E:\\gone;;sub\"\n",
                                       settings);
    const std::vector<fs::path> expected = {folder.path(), folder / "work", "/srv/parent",
                                            folder / "drive/vms", folder / "sub"};
    EXPECT_EQ(machine.search_folders(), expected);
}

TEST(Machine, LooksInItsFolderAlone) {
    const TempFolder folder;
    const Machine machine = machine_of(folder, "workingDir = \".\"\nfileSearchPath = \"\"\n");
    EXPECT_EQ(machine.search_folders(), std::vector<fs::path>{folder.path()});
}

TEST(Machine, FindsACompanionThatAKeyNames) {
    const TempFolder folder;
    folder.write("other.nvram", "");
    const Machine machine = machine_of(folder, "nvram = \"other.nvram\"\n");
    EXPECT_EQ(machine.companion("nvram", ".nvram"), folder / "other.nvram");
}

TEST(Machine, FindsACompanionOfItsOwnNameWithoutAKey) {
    const TempFolder folder;
    folder.write("vm.nvram", "");
    EXPECT_EQ(machine_of(folder, "a = \"1\"\n").companion("nvram", ".nvram"), folder / "vm.nvram");
    EXPECT_EQ(machine_of(folder, "nvram = \"\"\n").companion("nvram", ".nvram"),
              folder / "vm.nvram");
}

TEST(Machine, FindsNoCompanionThatIsNotThere) {
    const TempFolder folder;
    EXPECT_EQ(machine_of(folder, "nvram = \"none.nvram\"\n").companion("nvram", ".nvram"),
              std::nullopt);
}

TEST(Machine, FindsAFileAtItsPathAlone) {
    const TempFolder folder;
    const Machine machine = machine_of(folder, "fileSearchPath = \"sub\"\n");
    folder.write("sub/a.iso", "");
    EXPECT_EQ(machine.find_file({"a.iso", "a.iso"}), folder / "sub/a.iso");
    EXPECT_EQ(machine.find_at_path({"a.iso", "a.iso"}), std::nullopt);
    EXPECT_EQ(machine.find_at_path({"SUB\\a.iso", "SUB\\a.iso"}), folder / "sub/a.iso");
}

TEST(Machine, FindsADiskOrSaysWhichOneIsMissing) {
    const TempFolder folder;
    const Machine machine = machine_of(folder, "fileSearchPath = \"sub\"\n");
    folder.write("sub/a.vmdk", "");
    const DiskDevice device{"scsi0:0", {"x/a.vmdk", "x/a.vmdk"}};
    EXPECT_EQ(machine.find_disk(device), folder / "sub/a.vmdk");
    fs::remove(folder / "sub/a.vmdk");
    EXPECT_EQ(machine.find_file(device.file), std::nullopt);
    EXPECT_EQ(code_of([&] { machine.find_disk(device); }), VIX_E_FILE_NOT_FOUND);
}

TEST(Machine, StaysAsItWasReadUntilItIsReadAnew) {
    const TempFolder folder;
    Machine machine = machine_of(folder, "displayName = \"old\"\n");
    EXPECT_TRUE(machine.snapshots().snapshots().empty());
    folder.write("vm.vmx", "displayName = \"new\"\nworkingDir = \"work\"\n");
    folder.write("vm.vmsd", "snapshot0.uid = \"7\"\n");
    fs::permissions(folder / "vm.vmx", fs::owner_read | fs::owner_write);
    EXPECT_EQ(machine.display_name(), "old");
    EXPECT_TRUE(machine.snapshots().snapshots().empty());
    machine.reread();
    EXPECT_EQ(machine.display_name(), "new");
    EXPECT_EQ(machine.search_folders().size(), 2U);
    EXPECT_EQ(machine.permissions(), 0600U);
    EXPECT_EQ(machine.snapshots().require(7, machine.path()).uid, 7);
}

TEST(Machine, ThatIsGoneCannotBeReadAnew) {
    const TempFolder folder;
    Machine machine = machine_of(folder, "displayName = \"old\"\n");
    fs::remove(machine.path());
    EXPECT_EQ(code_of([&] { machine.reread(); }), VIX_E_VM_NOT_FOUND);
}

// A damaged list is not read as one without snapshots at the second attempt.
TEST(Machine, ReadsADamagedSnapshotListAgain) {
    const TempFolder folder;
    const Machine machine = machine_of(folder, "a = \"1\"\n");
    folder.write("vm.vmsd", "snapshot0.uid = \"x\"\n");
    EXPECT_EQ(code_of([&] { machine.snapshots(); }), VIX_E_SNAPSHOT_CONFIG);
    EXPECT_EQ(code_of([&] { machine.snapshots(); }), VIX_E_SNAPSHOT_CONFIG);
}

TEST(Machine, NamesASnapshotThatItDoesNotHave) {
    const TempFolder folder;
    const Machine machine = machine_of(folder, "a = \"1\"\n");
    EXPECT_EQ(code_of([&] { machine.snapshots().require(3, machine.path()); }),
              VIX_E_SNAPSHOT_NOTFOUND);
}

}  // namespace
}  // namespace vix::vm
