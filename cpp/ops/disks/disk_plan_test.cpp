#include "ops/disks/disk_plan.h"

#include <gtest/gtest.h>

#include "testing/disks/samples.h"
#include "testing/process/temp_folder.h"

namespace vix::ops {
namespace {

using format::vmdk::Descriptor;
using format::vmdk::ExtentLine;
using format::vmdk::ExtentType;
using vm::Disk;
using vm::DiskClass;

std::string name_for(const std::string& stem) {
    std::set<std::string> taken;
    return clone_disk_name(stem, taken);
}

// Returns a disk without parent.
Disk disk_of(DiskClass disk_class, const std::string& create_type,
             const std::vector<std::uint64_t>& extent_sectors) {
    Disk disk;
    disk.disk_class = disk_class;
    vm::DiskLink link;
    link.path = "/vms/disk.vmdk";
    link.descriptor.create_type = create_type;
    for (const std::uint64_t sectors : extent_sectors) {
        ExtentLine line;
        line.sectors = sectors;
        line.name = "old.vmdk";
        link.descriptor.extents.push_back(line);
        disk.capacity_sectors += sectors;
    }
    disk.chain.push_back(std::move(link));
    return disk;
}

// Returns the extents of a plan as "name begin+sectors, ...".
std::string extents_of(const DiskPlan& plan) {
    std::string text;
    for (const ExtentPlan& extent : plan.extents) {
        text += (text.empty() ? "" : ", ") + extent.file_name + ' ' +
                std::to_string(extent.begin_sector) + '+' + std::to_string(extent.sectors);
    }
    return text;
}

TEST(CloneDiskName, EndsWithClOne) {
    EXPECT_EQ(name_for("disk1"), "disk1-cl1");
}

TEST(CloneDiskName, DropsASnapshotsNumber) {
    EXPECT_EQ(name_for("disk1-000002"), "disk1-cl1");
    EXPECT_EQ(name_for("Virtual Disk-000010"), "Virtual Disk-cl1");
}

TEST(CloneDiskName, CountsUpFromAClones) {
    EXPECT_EQ(name_for("disk-cl1"), "disk-cl2");
    EXPECT_EQ(name_for("disk-cl9-000003"), "disk-cl10");
}

TEST(CloneDiskName, LeavesOtherEndings) {
    EXPECT_EQ(name_for("disk-12345"), "disk-12345-cl1");
    EXPECT_EQ(name_for("disk-0000012"), "disk-0000012-cl1");
    EXPECT_EQ(name_for("disk-00000a"), "disk-00000a-cl1");
    EXPECT_EQ(name_for("disk-clone"), "disk-clone-cl1");
    EXPECT_EQ(name_for("disk-cl"), "disk-cl-cl1");
    EXPECT_EQ(name_for("my-cluster"), "my-cluster-cl1");
    EXPECT_EQ(name_for("-cl1"), "-cl1-cl1");
}

TEST(CloneDiskName, CountsOnPastNamesTaken) {
    std::set<std::string> taken;
    EXPECT_EQ(clone_disk_name("disk", taken), "disk-cl1");
    EXPECT_EQ(clone_disk_name("disk", taken), "disk-cl2");
    EXPECT_EQ(clone_disk_name("DISK-000001", taken), "DISK-cl3");
    EXPECT_EQ(clone_disk_name("other", taken), "other-cl1");
}

TEST(CloneDiskName, HoldsNothingThatSpoilsADescriptor) {
    EXPECT_EQ(name_for("a\"b\nc\rd"), "a_b_c_d-cl1");
}

TEST(CloneDiskName, SurvivesAnAbsurdNumber) {
    EXPECT_EQ(name_for("d-cl99999999999999999999"), "d-cl1");
}

TEST(CloneDiskName, KeepsOtherScripts) {
    EXPECT_EQ(name_for("Depot 7 楼-000001"), "Depot 7 楼-cl1");
}

TEST(DiskPlan, OfAMonolithicSparseDisk) {
    const DiskPlan plan =
        plan_disk(disk_of(DiskClass::MonolithicSparse, "monolithicSparse", {1024}), "d-cl1");
    EXPECT_EQ(plan.descriptor_name, "d-cl1.vmdk");
    EXPECT_TRUE(plan.embedded);
    EXPECT_TRUE(plan.sparse);
    EXPECT_EQ(extents_of(plan), "d-cl1.vmdk 0+1024");
    EXPECT_EQ(plan.descriptor.create_type, "monolithicSparse");
}

TEST(DiskPlan, OfAMonolithicFlatDisk) {
    const DiskPlan plan =
        plan_disk(disk_of(DiskClass::MonolithicFlat, "monolithicFlat", {1024}), "d-cl1");
    EXPECT_FALSE(plan.embedded);
    EXPECT_FALSE(plan.sparse);
    EXPECT_EQ(extents_of(plan), "d-cl1-flat.vmdk 0+1024");
    EXPECT_EQ(plan.descriptor.create_type, "monolithicFlat");
    EXPECT_EQ(plan.descriptor.extents[0].type, ExtentType::Flat);
}

TEST(DiskPlan, OfASplitDiskKeepsItsSplit) {
    const DiskPlan plan = plan_disk(
        disk_of(DiskClass::SplitSparse, "twoGbMaxExtentSparse", {8323072, 128, 8323072}), "d-cl1");
    EXPECT_EQ(extents_of(plan),
              "d-cl1-s001.vmdk 0+8323072, d-cl1-s002.vmdk 8323072+128, d-cl1-s003.vmdk "
              "8323200+8323072");
    EXPECT_EQ(plan.descriptor.create_type, "twoGbMaxExtentSparse");
    EXPECT_EQ(plan.descriptor.extents[1].type, ExtentType::Sparse);
}

TEST(DiskPlan, BeginsEachSparseExtentWithAWholeGrain) {
    const DiskPlan plan = plan_disk(
        disk_of(DiskClass::SplitSparse, "twoGbMaxExtentSparse", {1024, 100, 20, 1000}), "d");
    EXPECT_EQ(extents_of(plan), "d-s001.vmdk 0+1024, d-s002.vmdk 1024+128, d-s003.vmdk 1152+992");
}

TEST(DiskPlan, GivesAChildWholeGrainsOnAFlatParentInOddPieces) {
    Disk parent = disk_of(DiskClass::SplitFlat, "twoGbMaxExtentFlat", {600, 424});
    parent.chain.front().descriptor.cid = 1;
    const DiskPlan plan = plan_child(parent, "d", "disk.vmdk");
    EXPECT_EQ(extents_of(plan), "d-s001.vmdk 0+640, d-s002.vmdk 640+384");
}

// QEMU's first write truncates a descriptor longer than 10 KiB.
TEST(DiskPlan, HasFewerExtentsWhereTheirNamesWouldBeTooMuch) {
    const std::vector<std::uint64_t> sizes(300, 8323072);
    Disk parent = disk_of(DiskClass::SplitSparse, "twoGbMaxExtentSparse", sizes);
    parent.chain.front().descriptor.cid = 1;
    const std::string name = "a name that is long enough-000001";
    for (const DiskPlan& plan : {plan_child(parent, name, "disk.vmdk"), plan_disk(parent, name)}) {
        EXPECT_LT(to_text(plan.descriptor).size(), 10240U);
        EXPECT_EQ(plan.extents.size(), 75U);
        EXPECT_EQ(plan.descriptor.capacity_sectors(), parent.capacity_sectors);
    }
}

TEST(DiskPlan, OfASplitFlatDisk) {
    const DiskPlan plan =
        plan_disk(disk_of(DiskClass::SplitFlat, "twoGbMaxExtentFlat", {4193792, 8}), "d-cl1");
    EXPECT_EQ(extents_of(plan), "d-cl1-f001.vmdk 0+4193792, d-cl1-f002.vmdk 4193792+8");
}

TEST(DiskPlan, SplitsADiskOfAnotherTypeAsWorkstationDoes) {
    const DiskPlan plan =
        plan_disk(disk_of(DiskClass::SplitSparse, "custom", {8323072, 8323073}), "d");
    EXPECT_EQ(extents_of(plan),
              "d-s001.vmdk 0+8323072, d-s002.vmdk 8323072+8323072, d-s003.vmdk 16646144+1");
}

TEST(DiskPlan, SplitsADiskOfOldHardwareBelowTwoGigabytes) {
    Disk disk = disk_of(DiskClass::SplitSparse, "custom", {4192256, 1});
    disk.chain[0].descriptor.ddb = {{"virtualHWVersion", "7"}};
    EXPECT_EQ(extents_of(plan_disk(disk, "d")), "d-s001.vmdk 0+4192256, d-s002.vmdk 4192256+1");
}

TEST(DiskPlan, SplitsAFlatDiskOfAnotherTypeBelowTwoGigabytes) {
    const Disk disk = disk_of(DiskClass::SplitFlat, "custom", {4193792, 1});
    EXPECT_EQ(extents_of(plan_disk(disk, "d")), "d-f001.vmdk 0+4193792, d-f002.vmdk 4193792+1");
}

TEST(DiskPlan, NumbersManyExtents) {
    const Disk disk =
        disk_of(DiskClass::SplitFlat, "twoGbMaxExtentFlat", std::vector<std::uint64_t>(1000, 8));
    EXPECT_EQ(plan_disk(disk, "d").extents[999].file_name, "d-f1000.vmdk");
}

TEST(DiskPlan, StandsOnNothing) {
    Disk disk = disk_of(DiskClass::MonolithicSparse, "monolithicSparse", {1024});
    disk.chain[0].descriptor.parent_cid = 0x11111111;
    disk.chain[0].descriptor.parent_hint = "base.vmdk";
    const Descriptor descriptor = plan_disk(disk, "d").descriptor;
    EXPECT_FALSE(descriptor.has_parent());
    EXPECT_EQ(descriptor.parent_hint, "");
}

TEST(DiskPlan, HasIdentitiesOfItsOwn) {
    Disk disk = disk_of(DiskClass::MonolithicSparse, "monolithicSparse", {1024});
    disk.chain[0].descriptor.ddb = {{"longContentID", "old"}, {"uuid", "old"}};
    const Descriptor descriptor = plan_disk(disk, "d").descriptor;
    EXPECT_EQ(descriptor.find_ddb("uuid").value_or("").substr(0, 10), "60 00 C2 9");
    const std::string content = descriptor.find_ddb("longContentID").value_or("");
    ASSERT_EQ(content.size(), 32U);
    EXPECT_EQ(std::stoul(content.substr(24), nullptr, 16), descriptor.cid);
    EXPECT_EQ(descriptor.ddb.size(), disk.chain[0].descriptor.ddb.size() + 5);
}

TEST(DiskPlan, KeepsTheRestOfTheDataBase) {
    Disk disk = disk_of(DiskClass::MonolithicSparse, "monolithicSparse", {1024});
    disk.chain[0].descriptor.ddb = {{"adapterType", "ide"},      {"toolsVersion", "10346"},
                                    {"geometry.cylinders", "9"}, {"geometry.heads", "16"},
                                    {"geometry.sectors", "63"},  {"virtualHWVersion", "16"},
                                    {"toolsInstallType", "4"}};
    const Descriptor descriptor = plan_disk(disk, "d").descriptor;
    EXPECT_EQ(descriptor.find_ddb("adapterType"), "ide");
    EXPECT_EQ(descriptor.find_ddb("toolsVersion"), "10346");
    EXPECT_EQ(descriptor.find_ddb("geometry.cylinders"), "9");
    EXPECT_EQ(descriptor.find_ddb("virtualHWVersion"), "16");
}

TEST(DiskPlan, DropsWhatNamesTheSourceOrItsMaker) {
    Disk disk = disk_of(DiskClass::MonolithicSparse, "monolithicSparse", {1024});
    disk.chain[0].descriptor.ddb = {{"uuid.image", "x"},        {"UUID.parent", "x"},
                                    {"uuid.modification", "x"}, {"uuid.parentmodification", "x"},
                                    {"thinProvisioned", "1"},   {"encoding", "GBK"},
                                    {"nativeParentHint", "x"}};
    const Descriptor descriptor = plan_disk(disk, "d").descriptor;
    EXPECT_EQ(descriptor.find_ddb("uuid.image"), std::nullopt);
    EXPECT_EQ(descriptor.find_ddb("uuid.parent"), std::nullopt);
    EXPECT_EQ(descriptor.find_ddb("uuid.modification"), std::nullopt);
    EXPECT_EQ(descriptor.find_ddb("uuid.parentmodification"), std::nullopt);
    EXPECT_EQ(descriptor.find_ddb("thinProvisioned"), std::nullopt);
    EXPECT_EQ(descriptor.find_ddb("encoding"), std::nullopt);
    EXPECT_EQ(descriptor.find_ddb("nativeParentHint"), std::nullopt);
}

TEST(DiskPlan, GivesADiskWithoutGeometryOne) {
    const Disk disk = disk_of(DiskClass::MonolithicSparse, "monolithicSparse", {255 * 63 * 7 + 5});
    const Descriptor descriptor = plan_disk(disk, "d").descriptor;
    EXPECT_EQ(descriptor.find_ddb("adapterType"), "lsilogic");
    EXPECT_EQ(descriptor.find_ddb("geometry.cylinders"), "7");
    EXPECT_EQ(descriptor.find_ddb("geometry.heads"), "255");
    EXPECT_EQ(descriptor.find_ddb("geometry.sectors"), "63");
}

TEST(DiskPlan, GivesAnIdeDiskTheGeometryOfIde) {
    Disk disk = disk_of(DiskClass::MonolithicSparse, "monolithicSparse", {1 << 30});
    disk.chain[0].descriptor.ddb = {{"adapterType", "ide"}};
    const Descriptor descriptor = plan_disk(disk, "d").descriptor;
    EXPECT_EQ(descriptor.find_ddb("geometry.cylinders"), "16383");
    EXPECT_EQ(descriptor.find_ddb("geometry.heads"), "16");
}

TEST(DiskPlan, GivesATinyDiskOneCylinder) {
    const Disk disk = disk_of(DiskClass::MonolithicSparse, "monolithicSparse", {8});
    EXPECT_EQ(plan_disk(disk, "d").descriptor.find_ddb("geometry.cylinders"), "1");
}

TEST(DiskPlan, OfAGrownDiskKeepsTheShortExtentWithin) {
    Disk disk;
    disk.disk_class = DiskClass::SplitSparse;
    vm::DiskLink link;
    link.descriptor = format::vmdk::parse_descriptor(
        testing::read_file(testing::sample_file("broken-quotes/Reception PC.vmdk")), "x");
    disk.capacity_sectors = link.descriptor.capacity_sectors();
    disk.chain.push_back(link);
    const DiskPlan plan = plan_disk(disk, "Reception PC-cl1");
    ASSERT_EQ(plan.extents.size(), 9U);
    EXPECT_EQ(plan.extents[5].sectors, link.descriptor.extents[5].sectors);
    EXPECT_EQ(plan.extents[8].file_name, "Reception PC-cl1-s009.vmdk");
}

}  // namespace
}  // namespace vix::ops
