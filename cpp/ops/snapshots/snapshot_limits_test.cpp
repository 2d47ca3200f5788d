#include "ops/snapshots/snapshot_limits.h"

#include <gtest/gtest.h>

#include "ops/snapshots/snapshot.h"
#include "testing/disks/alike.h"
#include "testing/machines/snapshot_machine.h"
#include "testing/process/failure.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::SnapshotMachine;
using testing::TempFolder;

void append(const fs::path& vmx, const std::string& lines) {
    testing::write_file(vmx, testing::read_file(vmx) + lines);
}

// Returns the code of taking a snapshot with these lines in the .vmx. An error must change nothing.
ErrorCode code_with(const std::string& lines) {
    const TempFolder folder;
    SnapshotMachine machine{folder / "vm"};
    append(machine.vmx, lines);
    const auto before = testing::tree_without_locks(folder.path());
    const ErrorCode code = code_of([&] { machine.take("one"); });
    const auto after = testing::tree_without_locks(folder.path());
    if (code == VIX_OK) {
        EXPECT_NE(after, before) << lines;
    } else {
        EXPECT_TRUE(testing::alike(after, before)) << lines;
    }
    return code;
}

TEST(SnapshotLimits, MostSnapshotsAreCountedInTheWholeTree) {
    const TempFolder folder;
    SnapshotMachine machine{folder / "vm"};
    append(machine.vmx, "snapshot.maxSnapshots = \"2\"\n");
    const int first = machine.take("first");
    machine.revert(first);
    const int second = machine.take("second");
    machine.revert(first);
    EXPECT_EQ(code_of([&] { machine.take("third"); }), VIX_E_SNAPSHOT_MAXSNAPSHOTS);
    EXPECT_TRUE(machine.reads_as_it_should());
    machine.remove(second);
    machine.take("third");
    EXPECT_TRUE(machine.reads_as_it_should());
}

TEST(SnapshotLimits, NoneAreAllowedByZero) {
    EXPECT_EQ(code_with("snapshot.maxSnapshots = \"0\"\n"), VIX_E_SNAPSHOT_MAXSNAPSHOTS);
}

TEST(SnapshotLimits, MoreThanVMwaresOwnLimitAndNoValueAllowOne) {
    for (const char* value : {"497", "100000", "99999999999", "", " 1 "}) {
        EXPECT_EQ(code_with("snapshot.maxSnapshots = \"" + std::string{value} + "\"\n"), VIX_OK)
            << value;
    }
}

TEST(SnapshotLimits, ANumberThatIsNoneIsNotGuessed) {
    for (const char* value : {"-1", "unlimited", "3x", "1.5"}) {
        EXPECT_EQ(code_with("snapshot.maxSnapshots = \"" + std::string{value} + "\"\n"),
                  VIX_E_CANNOT_READ_VM_CONFIG)
            << value;
    }
}

TEST(SnapshotLimits, SnapshotsThatAreSwitchedOffAreNotTaken) {
    EXPECT_EQ(code_with("snapshot.disabled = \"TRUE\"\n"), VIX_E_SNAPSHOT_VERSION);
    EXPECT_EQ(code_with("snapshot.disabled = \"FALSE\"\n"), VIX_OK);
}

TEST(SnapshotLimits, ASharedBusOrDiskForbidsThem) {
    const std::string bus = "scsi0.present = \"TRUE\"\nscsi0.sharedBus = ";
    EXPECT_EQ(code_with(bus + "\"virtual\"\n"), VIX_E_SNAPSHOT_VERSION);
    EXPECT_EQ(code_with(bus + "\"PHYSICAL\"\n"), VIX_E_SNAPSHOT_VERSION);
    EXPECT_EQ(code_with(bus + "\"none\"\n"), VIX_OK);
    EXPECT_EQ(code_with("scsi0:1.shared = \"TRUE\"\n"), VIX_E_SNAPSHOT_VERSION);
    EXPECT_EQ(code_with("scsi0:1.sharing = \"multi-writer\"\n"), VIX_E_SNAPSHOT_VERSION);
    EXPECT_EQ(code_with("scsi0:1.sharing = \"none\"\n"), VIX_OK);
    EXPECT_EQ(code_with("scsi0:1.sharing = \"multi-writer\"\n"
                        "scsi0:1.mode = \"independent-persistent\"\n"),
              VIX_OK);
    EXPECT_EQ(code_with("scsi1.sharedBus = \"virtual\"\n"), VIX_OK);  // absent
    EXPECT_EQ(code_with("disk.locking = \"FALSE\"\n"), VIX_OK);
}

}  // namespace
}  // namespace vix::ops
