#include "vm/machine/working_folder.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"

namespace vix::vm {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::TempFolder;

Machine machine_with(const TempFolder& folder, const std::string& lines,
                     const Settings& settings = {}) {
    return Machine::open(folder.write("vm/vm.vmx", "memsize = \"32\"\n" + lines), settings);
}

TEST(WorkingFolder, IsTheMachinesOwnByDefault) {
    const TempFolder folder;
    for (const char* lines : {"", "workingDir = \"\"\n", "workingDir = \".\"\n",
                              "workingDir = \"./\"\n", "workingDir = \"../vm/\"\n"}) {
        const Machine machine = machine_with(folder, lines);
        EXPECT_EQ(working_folder(machine), folder / "vm") << lines;
        EXPECT_TRUE(works_in_own_folder(machine)) << lines;
    }
}

TEST(WorkingFolder, IsFoundByEverySpelling) {
    const TempFolder folder;
    fs::create_directories(folder / "vm/Snaps");
    fs::create_directories(folder / "far");
    Settings settings;
    settings.path_map.map_drive('d', folder.path());
    const std::string absolute = (folder / "far").string();
    EXPECT_EQ(
        working_folder(machine_with(folder, "workingDir = \"" + absolute + "/\"\n", settings)),
        folder / "far");
    EXPECT_EQ(working_folder(machine_with(folder, "workingDir = \"snaps\"\n", settings)),
              folder / "vm/Snaps");
    EXPECT_EQ(working_folder(machine_with(folder, "workingDir = \"D:\\FAR\\\"\n", settings)),
              folder / "far");
}

TEST(WorkingFolder, ThatCannotBeUsedIsRefusedWithItsLine) {
    const TempFolder folder;
    folder.write("vm/file", "");
    const Machine missing = machine_with(folder, "workingDir = \"/no/such/folder\"\n");
    EXPECT_EQ(code_of([&] { working_folder(missing); }), VIX_E_FILE_NOT_FOUND);
    EXPECT_FALSE(find_working_folder(missing));
    EXPECT_FALSE(works_in_own_folder(missing));
    EXPECT_EQ(code_of([&] { working_folder(machine_with(folder, "workingDir = \"file\"\n")); }),
              VIX_E_FILE_NOT_FOUND);
    try {
        working_folder(machine_with(folder, "workingDir = \"E:\\snaps\"\n"));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), VIX_E_FILE_NAME_INVALID);
        EXPECT_NE(error.detail().find("workingDir = \"E:\\snaps\""), std::string::npos);
    }
}

TEST(WorkingFolder, TakesNewDisksOnlyWhereItIsTheMachinesOwn) {
    const TempFolder folder;
    fs::create_directories(folder / "vm/snaps");
    EXPECT_FALSE(redo_folder(machine_with(folder, "workingDir = \"snaps\"\n")));
    EXPECT_FALSE(redo_folder(machine_with(folder,
                                          "workingDir = \"snaps\"\n"
                                          "snapshot.redoNotWithParent = \"FALSE\"\n")));
    const Machine elsewhere = machine_with(folder,
                                           "workingDir = \"snaps\"\n"
                                           "snapshot.redoNotWithParent = \"true\"\n");
    EXPECT_FALSE(redo_folder(elsewhere));
    EXPECT_EQ(code_of([&] { refuse_redo_elsewhere(elsewhere); }), VIX_E_NOT_SUPPORTED);
    EXPECT_EQ(redo_folder(machine_with(folder, "snapshot.redoNotWithParent = \"TRUE\"\n")),
              folder / "vm");
}

TEST(WorkingFolder, WithTheOnlyListOfSnapshotsIsRefused) {
    const TempFolder folder;
    const std::string list =
        "snapshot.numSnapshots = \"1\"\nsnapshot.lastUID = \"1\"\nsnapshot0.uid = \"1\"\n"
        "snapshot0.filename = \"vm-Snapshot1.vmsn\"\nsnapshot0.displayName = \"a\"\n";
    const auto code = [&] {
        const Machine machine = machine_with(folder, "workingDir = \"../far\"\n");
        return code_of([&] { refuse_list_elsewhere(machine); });
    };
    folder.write("far/vm.vmsd", "");
    EXPECT_EQ(code(), VIX_OK);
    folder.write("far/vm.vmsd", list);
    EXPECT_EQ(code(), VIX_E_SNAPSHOT_CONFIG);
    folder.write("vm/vm.vmsd", "");
    EXPECT_EQ(code(), VIX_E_SNAPSHOT_CONFIG);
    folder.write("vm/vm.vmsd", list);
    EXPECT_EQ(code(), VIX_OK);  // the other list belongs to another machine
}

TEST(WorkingFolder, StateIsSoughtThereToo) {
    const TempFolder folder;
    const fs::path far = folder.write("far/vm-1.vmss", "");
    const fs::path near = folder.write("vm/vm-2.vmss", "");
    const Machine machine = machine_with(folder, "workingDir = \"../far\"\n");
    EXPECT_TRUE(fs::equivalent(state_place({"vm-1.vmss", "vm-1.vmss"}, machine), far));
    EXPECT_EQ(state_place({"vm-2.vmss", "vm-2.vmss"}, machine), near);
    EXPECT_EQ(state_place({"none.vmss", "none.vmss"}, machine), folder / "vm/none.vmss");
}

}  // namespace
}  // namespace vix::vm
