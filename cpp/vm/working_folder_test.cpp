#include "vm/working_folder.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "testing/failure.h"
#include "testing/temp_folder.h"

namespace vix::vm {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::TempFolder;

Config machine_with(const TempFolder& folder, const std::string& lines) {
    return Config::read(folder.write("vm/vm.vmx", "memsize = \"32\"\n" + lines));
}

TEST(WorkingFolder, IsTheMachinesOwnByDefault) {
    const TempFolder folder;
    for (const char* lines : {"", "workingDir = \"\"\n", "workingDir = \".\"\n",
                              "workingDir = \"./\"\n", "workingDir = \"../vm/\"\n"}) {
        const Config machine = machine_with(folder, lines);
        EXPECT_EQ(working_folder(machine, {}), folder / "vm") << lines;
        EXPECT_TRUE(works_in_own_folder(machine, {})) << lines;
    }
}

TEST(WorkingFolder, IsFoundByEverySpelling) {
    const TempFolder folder;
    fs::create_directories(folder / "vm/Snaps");
    fs::create_directories(folder / "far");
    Settings settings;
    settings.path_map.map_drive('d', folder.path());
    const std::string absolute = (folder / "far").string();
    EXPECT_EQ(working_folder(machine_with(folder, "workingDir = \"" + absolute + "/\"\n"), {}),
              folder / "far");
    EXPECT_EQ(working_folder(machine_with(folder, "workingDir = \"snaps\"\n"), {}),
              folder / "vm/Snaps");
    EXPECT_EQ(working_folder(machine_with(folder, "workingDir = \"D:\\FAR\\\"\n"), settings),
              folder / "far");
}

TEST(WorkingFolder, ThatCannotBeUsedIsRefusedWithItsLine) {
    const TempFolder folder;
    folder.write("vm/file", "");
    const Config missing = machine_with(folder, "workingDir = \"/no/such/folder\"\n");
    EXPECT_EQ(code_of([&] { working_folder(missing, {}); }), VIX_E_FILE_NOT_FOUND);
    EXPECT_FALSE(find_working_folder(missing, {}));
    EXPECT_FALSE(works_in_own_folder(missing, {}));
    EXPECT_EQ(code_of([&] { working_folder(machine_with(folder, "workingDir = \"file\"\n"), {}); }),
              VIX_E_FILE_NOT_FOUND);
    try {
        working_folder(machine_with(folder, "workingDir = \"E:\\snaps\"\n"), {});
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), VIX_E_FILE_NAME_INVALID);
        EXPECT_NE(error.detail().find("workingDir = \"E:\\snaps\""), std::string::npos);
    }
}

TEST(WorkingFolder, TakesNewDisksOnlyWhereTheSettingSaysSo) {
    const TempFolder folder;
    fs::create_directories(folder / "vm/snaps");
    EXPECT_FALSE(redo_folder(machine_with(folder, "workingDir = \"snaps\"\n"), {}));
    EXPECT_FALSE(redo_folder(machine_with(folder,
                                          "workingDir = \"snaps\"\n"
                                          "snapshot.redoNotWithParent = \"FALSE\"\n"),
                             {}));
    EXPECT_EQ(redo_folder(machine_with(folder,
                                       "workingDir = \"snaps\"\n"
                                       "snapshot.redoNotWithParent = \"true\"\n"),
                          {}),
              folder / "vm/snaps");
    EXPECT_EQ(redo_folder(machine_with(folder, "snapshot.redoNotWithParent = \"TRUE\"\n"), {}),
              folder / "vm");
}

TEST(WorkingFolder, StateIsSoughtThereToo) {
    const TempFolder folder;
    const fs::path far = folder.write("far/vm-1.vmss", "");
    const fs::path near = folder.write("vm/vm-2.vmss", "");
    const Config machine = machine_with(folder, "workingDir = \"../far\"\n");
    EXPECT_TRUE(fs::equivalent(state_place({"vm-1.vmss", "vm-1.vmss"}, machine, {}), far));
    EXPECT_EQ(state_place({"vm-2.vmss", "vm-2.vmss"}, machine, {}), near);
    EXPECT_EQ(state_place({"none.vmss", "none.vmss"}, machine, {}), folder / "vm/none.vmss");
}

}  // namespace
}  // namespace vix::vm
