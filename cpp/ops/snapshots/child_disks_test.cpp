#include "ops/snapshots/child_disks.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "io/files/folder.h"
#include "testing/machines/family.h"
#include "testing/machines/machines.h"
#include "testing/process/failure.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::TempFolder;

class ChildDisksTest : public ::testing::Test {
  protected:
    void plan_all(ChildDisks& children) const {
        for (const vm::DiskDevice& device : machine_.disks()) children.plan(device, machine_);
    }

    const TempFolder folder_;
    const fs::path vmx_ = testing::write_small_machine(folder_ / "vm");
    const vm::Settings settings_ = testing::plain_settings();
    const vm::Machine machine_ = vm::Machine::open(vmx_, settings_);
    const std::string before_ = testing::names_in(folder_ / "vm");
    Progress progress_;
};

TEST_F(ChildDisksTest, ArePlannedUnderTheNextFreeNames) {
    ChildDisks children;
    plan_all(children);
    EXPECT_EQ(children.names().at("scsi0:0"), "disk-000002.vmdk");
    EXPECT_EQ(children.names().at("scsi0:1"), "data-000001.vmdk");
    EXPECT_EQ(testing::names_in(folder_ / "vm"), before_);
}

TEST_F(ChildDisksTest, ANumberIsTakenAlsoByWhatIsLeftOfADisk) {
    testing::write_file(folder_ / "vm/data-000001-s002.vmdk", "");
    testing::write_file(folder_ / "vm/data-000003.vmdk", "");
    ChildDisks children;
    plan_all(children);
    EXPECT_EQ(children.names().at("scsi0:1"), "data-000002.vmdk");
}

// "data-0000010.vmdk" does not belong to data-000001.
TEST_F(ChildDisksTest, ALongerNumberIsAnotherOne) {
    testing::write_file(folder_ / "vm/data-0000010.vmdk", "");
    ChildDisks children;
    plan_all(children);
    EXPECT_EQ(children.names().at("scsi0:1"), "data-000001.vmdk");
}

TEST_F(ChildDisksTest, AMissingParentsNameIsTaken) {
    testing::write_file(folder_ / "vm/data-000003.vmdk",
                        testing::mono_disk("data-000003.vmdk", 'x', 1, 5, "data-000002.vmdk", 4));
    ChildDisks children;
    plan_all(children);
    EXPECT_EQ(children.names().at("scsi0:1"), "data-000001.vmdk");
    testing::write_file(folder_ / "vm/DATA-000001.VMDK", "");
    ChildDisks others;
    plan_all(others);
    EXPECT_EQ(others.names().at("scsi0:1"), "data-000004.vmdk");
}

TEST_F(ChildDisksTest, ANameThatTheMachineOrItsListHasIsTaken) {
    const auto machine = vm::Config::parse(
        vmx_,
        testing::read_file(vmx_) +
            "scsi0:2.present = \"FALSE\"\nscsi0:2.fileName = \"away/data-000001.vmdk\"\n",
        vmx_.string());
    const auto tree = vm::SnapshotTree::parse(
        "snapshot0.uid = \"1\"\nsnapshot0.disk0.fileName = \"data-000002.vmdk\"\n", "list");
    ChildDisks children;
    children.avoid(machine, tree, io::names_in(machine.folder()));
    plan_all(children);
    EXPECT_EQ(children.names().at("scsi0:1"), "data-000003.vmdk");
}

TEST_F(ChildDisksTest, ANameThatAnotherMachineHasIsTaken) {
    testing::write_file(folder_ / "vm/other.vmx",
                        testing::vmx_with_disks({"scsi0:0=data-000001.vmdk"}));
    testing::write_file(folder_ / "vm/other.vmsd",
                        "snapshot0.disk0.fileName = \"gone/data-000002.vmdk\"\n");
    ChildDisks children;
    children.avoid(machine_, {}, io::names_in(machine_.folder()));
    plan_all(children);
    EXPECT_EQ(children.names().at("scsi0:1"), "data-000003.vmdk");
}

TEST_F(ChildDisksTest, ReadAsTheirParents) {
    ChildDisks children;
    plan_all(children);
    children.build(progress_);
    EXPECT_EQ(testing::disk_content_at(folder_ / "vm/disk-000002.vmdk"),
              testing::first_disk_content());
    EXPECT_EQ(testing::disk_content_at(folder_ / "vm/data-000001.vmdk"),
              testing::second_disk_content());
}

TEST_F(ChildDisksTest, AreGoneUnlessKept) {
    {
        ChildDisks children;
        plan_all(children);
        children.adopt(folder_ / "vm/state");
        children.build(progress_);
        testing::write_file(folder_ / "vm/state", "");
        for (const fs::path& file : children.files()) EXPECT_TRUE(fs::exists(file)) << file;
    }
    EXPECT_EQ(testing::names_in(folder_ / "vm"), before_);
}

TEST_F(ChildDisksTest, StayWhenKept) {
    std::vector<fs::path> files;
    {
        ChildDisks children;
        plan_all(children);
        children.build(progress_);
        files = children.files();
        children.keep();
    }
    EXPECT_EQ(files.size(), 4U);  // a monolithic disk; a descriptor and two extents
    for (const fs::path& file : files) EXPECT_TRUE(fs::exists(file)) << file;
}

TEST_F(ChildDisksTest, LieBesideADiskElsewhereAndAreNamedAsItIs) {
    fs::create_directory(folder_ / "far");
    testing::write_file(folder_ / "far/far.vmdk", testing::mono_disk("far.vmdk", 'f', 1));
    const vm::DiskDevice device{"scsi0:2", {"../far/far.vmdk", "../far/far.vmdk"}};
    ChildDisks children;
    children.plan(device, machine_);
    children.build(progress_);
    EXPECT_EQ(children.names().at("scsi0:2"), "../far/far-000001.vmdk");
    EXPECT_TRUE(fs::exists(folder_ / "far/far-000001.vmdk"));
}

TEST_F(ChildDisksTest, OfADiskThatIsMissingCannotBePlanned) {
    fs::remove(folder_ / "vm/disk.vmdk");
    ChildDisks children;
    EXPECT_EQ(code_of([&] { plan_all(children); }), VIX_E_DISK_OPENPARENT);
}

TEST(NamedBeside, KeepsTheWayAndItsSeparator) {
    EXPECT_EQ(named_beside("disk.vmdk", "new.vmdk"), "new.vmdk");
    EXPECT_EQ(named_beside("../far/disk.vmdk", "new.vmdk"), "../far/new.vmdk");
    EXPECT_EQ(named_beside("C:\\vm\\disk.vmdk", "new.vmdk"), "C:\\vm\\new.vmdk");
}

}  // namespace
}  // namespace vix::ops
