#include "vm/disks/disk_modes.h"

#include <gtest/gtest.h>

#include "testing/machines/machines.h"
#include "testing/process/failure.h"

namespace vix::vm {
namespace {

using testing::code_of;
using testing::TempFolder;

Machine machine_with(const TempFolder& folder, const std::string& lines) {
    return Machine::open(
        folder.write("vm.vmx", testing::vmx_with_disks({"scsi0:0=a.vmdk"}) + lines), {});
}

TEST(DiskModes, ThatCanBeTakenBackOrAreNotKnownAreRefused) {
    const TempFolder folder;
    const auto code_with = [&](const std::string& mode) {
        const Machine machine = machine_with(folder, "scsi0:0.mode = \"" + mode + "\"\n");
        return code_of([&] { refuse_unknown_modes(machine); });
    };
    for (const char* mode : {"undoable", "append", "Append", "independent-append", "readonly"}) {
        EXPECT_EQ(code_with(mode), VIX_E_NOT_SUPPORTED) << mode;
    }
    for (const char* mode : {"", "persistent", "independent-persistent", "Nonpersistent",
                             "independent-nonpersistent"}) {
        EXPECT_EQ(code_with(mode), VIX_OK) << mode;
    }
}

TEST(DiskModes, ARedoLogThatIsThereHoldsPartOfTheDisk) {
    const TempFolder folder;
    const auto code_with = [&](const std::string& lines) {
        const Machine machine = machine_with(folder, lines);
        return code_of([&] { refuse_redo_logs(machine); });
    };
    const std::string redo = "scsi0:0.redo = \"a.vmdk.REDO_a00001\"\n";
    EXPECT_EQ(code_with(redo), VIX_OK);  // the log no longer exists
    folder.write("a.vmdk.REDO_a00001", "");
    EXPECT_EQ(code_with(redo), VIX_E_DISK_NOTSUPPORTED);
    EXPECT_EQ(code_with("scsi0:0.redo = \"\"\n"), VIX_OK);
    EXPECT_EQ(code_with(redo + "scsi0:0.mode = \"independent-nonpersistent\"\n"), VIX_OK);
}

TEST(DiskModes, ARedoLogInTheWorkingFolderIsFound) {
    const TempFolder folder;
    folder.write("work/a.REDO", "");
    const Machine machine =
        machine_with(folder, "workingDir = \"work\"\nscsi0:0.redo = \"a.REDO\"\n");
    EXPECT_EQ(code_of([&] { refuse_redo_logs(machine); }), VIX_E_DISK_NOTSUPPORTED);
}

}  // namespace
}  // namespace vix::vm
