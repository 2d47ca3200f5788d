// Which disks may be changed, and what the changes do.
#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "io/locks/lock.h"
#include "ops/disks/disk_rename.h"
#include "ops/disks/disk_repair.h"
#include "ops/disks/disk_rewrite.h"
#include "testing/disks/alike.h"
#include "testing/disks/extents.h"
#include "testing/disks/hosted_image.h"
#include "testing/machines/machines.h"
#include "testing/process/failure.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::mono_disk;
using testing::read_disk;
using testing::TempFolder;

class DiskChangeTest : public ::testing::Test {
  protected:
    DiskAt at(const std::string& name) const {
        return {folder / name, {}, testing::plain_settings()};
    }

    ErrorCode shrink(const std::string& name) {
        return code_of([&] { shrink_disk(at(name), progress); });
    }

    TempFolder folder;
    Progress progress;
};

TEST_F(DiskChangeTest, RefusesADiskWithAChild) {
    folder.write("a.vmdk", mono_disk("a.vmdk", 'a', 1));
    folder.write("b.vmdk", mono_disk("b.vmdk", 'b', 2, 0x22222222, "a.vmdk", 0x11111111));
    const std::string before = testing::read_file(folder / "a.vmdk");
    EXPECT_EQ(shrink("a.vmdk"), VIX_E_DISK_PARTIALCHAIN);
    EXPECT_EQ(code_of([&] { grow_disk(at("a.vmdk"), 4096, progress); }), VIX_E_DISK_PARTIALCHAIN);
    EXPECT_EQ(code_of([&] { rename_disk(at("a.vmdk"), folder / "c.vmdk", progress); }),
              VIX_E_DISK_PARTIALCHAIN);
    EXPECT_EQ(code_of([&] { delete_disk(at("a.vmdk"), progress); }), VIX_E_DISK_PARTIALCHAIN);
    EXPECT_TRUE(testing::read_file(folder / "a.vmdk") == before);
    EXPECT_EQ(code_of([&] { grow_disk(at("b.vmdk"), 4096, progress); }), VIX_E_DISK_PARTIALCHAIN);
}

TEST_F(DiskChangeTest, ShrinksADelta) {
    folder.write("a.vmdk", mono_disk("a.vmdk", 'a', 1));
    folder.write("b.vmdk", mono_disk("b.vmdk", 'b', 2, 0x22222222, "a.vmdk", 0x11111111));
    const std::string before = read_disk(folder / "b.vmdk");
    EXPECT_EQ(shrink("b.vmdk"), VIX_OK);
    EXPECT_TRUE(testing::alike(read_disk(folder / "b.vmdk"), before));
}

TEST_F(DiskChangeTest, RefusesADiskInUse) {
    folder.write("vm.vmx", testing::vmx_with_disks({"scsi0:0=a.vmdk"}));
    folder.write("a.vmdk", mono_disk("a.vmdk", 'a', 1));
    {
        const io::Lock lock{folder / "a.vmdk", io::LockKind::Exclusive};
        DiskAt impatient = at("a.vmdk");
        impatient.patience = std::chrono::milliseconds{0};
        EXPECT_EQ(code_of([&] { shrink_disk(impatient, progress); }), VIX_E_FILE_ALREADY_LOCKED);
    }
    EXPECT_EQ(shrink("a.vmdk"), VIX_OK);
    folder.write("other.vmx", testing::vmx_with_disks({"scsi0:0=a.vmdk"}));
    EXPECT_EQ(shrink("a.vmdk"), VIX_E_DISK_PARTIALCHAIN);
}

TEST_F(DiskChangeTest, RefusesTheDiskOfASuspendedMachine) {
    folder.write("vm.vmx", testing::vmx_with_disks({"scsi0:0=a.vmdk"}) +
                               "checkpoint.vmState = \"vm.vmss\"\n");
    folder.write("a.vmdk", mono_disk("a.vmdk", 'a', 1));
    EXPECT_EQ(shrink("a.vmdk"), VIX_E_DISK_PARTIALCHAIN);
}

TEST_F(DiskChangeTest, GivesZerosBack) {
    testing::HostedImage image;
    image.capacity = 4096;
    image.grains = {{1, 'a'}, {2, 'b'}, {3, 'c'}};
    testing::DescriptorText text;
    text.extents = {"RW 4096 SPARSE \"a.vmdk\""};
    image.descriptor = text.text();
    std::string bytes = image.bytes();
    const std::uint64_t zeros = image.place_of_grain(2) * 512;
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(zeros), 128 * 512, '\0');
    folder.write("a.vmdk", bytes);
    const std::string before = read_disk(folder / "a.vmdk");
    defragment_disk(at("a.vmdk"), progress);
    const auto size = fs::file_size(folder / "a.vmdk");
    shrink_disk(at("a.vmdk"), progress);
    EXPECT_EQ(fs::file_size(folder / "a.vmdk") + 128 * 512, size);
    EXPECT_TRUE(testing::alike(read_disk(folder / "a.vmdk"), before));
    EXPECT_EQ(vm::read_link(folder / "a.vmdk").descriptor.cid, 0x11111111u);
}

TEST_F(DiskChangeTest, RepairsADamagedTable) {
    testing::HostedImage image;
    image.capacity = 4096;
    image.grains = {{1, 'a'}, {2, 'b'}};
    testing::DescriptorText text;
    text.extents = {"RW 4096 SPARSE \"a.vmdk\""};
    image.descriptor = text.text();
    std::string bytes = image.bytes();
    testing::put32(bytes, image.entry(1), 0xFFFFFFF0);
    bytes[testing::HostedField::kUncleanShutdown] = 1;
    folder.write("a.vmdk", bytes);
    const std::string before = read_disk(folder / "a.vmdk");
    EXPECT_EQ(code_of([&] { check_chain(folder / "a.vmdk", testing::plain_settings()); }),
              VIX_E_DISK_NEEDSREPAIR);
    EXPECT_TRUE(repair_disk(at("a.vmdk"), progress));
    EXPECT_FALSE(repair_disk(at("a.vmdk"), progress));
    check_chain(folder / "a.vmdk", testing::plain_settings());
    EXPECT_TRUE(testing::alike(read_disk(folder / "a.vmdk"), before));
    testing::put32(bytes, image.redundant_entry(1), 0xFFFFFFF0);
    folder.write("b.vmdk", bytes);
    EXPECT_EQ(code_of([&] { repair_disk(at("b.vmdk"), progress); }), VIX_E_DISK_CANTREPAIR);
    EXPECT_TRUE(testing::read_file(folder / "b.vmdk") == bytes);
}

TEST_F(DiskChangeTest, DeletesADiskThatNobodyNames) {
    testing::write_small_machine(folder.path());
    EXPECT_EQ(code_of([&] { delete_disk(at("data.vmdk"), progress); }), VIX_E_OBJECT_IS_BUSY);
    fs::remove(folder / "vm.vmx");
    delete_disk(at("data.vmdk"), progress);
    EXPECT_EQ(testing::names_in(folder.path()), "disk-000001.vmdk disk.vmdk vm.nvram vm.vmxf");
}

TEST_F(DiskChangeTest, LeavesExtentsElsewhereAlone) {
    folder.write("disk/sub/x-flat.vmdk", testing::content('x', 0, 2048));
    folder.write("victim", testing::content('v', 0, 2048));
    testing::DescriptorText text;
    text.create_type = "twoGbMaxExtentFlat";
    text.extents = {"RW 2048 FLAT \"sub/x-flat.vmdk\" 0", "RW 2048 FLAT \"../victim\" 0"};
    folder.write("disk/a.vmdk", text.text());
    const auto rename = [&] { rename_disk(at("disk/a.vmdk"), folder / "disk/b.vmdk", progress); };
    EXPECT_NE(code_of(rename), VIX_OK);
    EXPECT_EQ(testing::names_in(folder / "disk"), "a.vmdk sub");
    delete_disk(at("disk/a.vmdk"), progress);
    EXPECT_FALSE(fs::exists(folder / "disk/a.vmdk"));
    EXPECT_TRUE(fs::exists(folder / "disk/sub/x-flat.vmdk"));
    EXPECT_TRUE(fs::exists(folder / "victim"));
}

TEST_F(DiskChangeTest, MarksAsDeletable) {
    folder.write("a.vmdk", mono_disk("a.vmdk", 'a', 1));
    make_deletable(at("a.vmdk"), progress);
    EXPECT_EQ(vm::read_link(folder / "a.vmdk").descriptor.find_ddb("deletable"), "true");
}

TEST_F(DiskChangeTest, RenamesAcrossFolders) {
    folder.write("a.vmdk", mono_disk("a.vmdk", 'a', 1));
    folder.write("b.vmdk", mono_disk("b.vmdk", 'b', 2, 0x22222222, "a.vmdk", 0x11111111));
    folder.write("vm.vmx", testing::vmx_with_disks({"scsi0:0=b.vmdk"}));
    fs::create_directory(folder / "sub");
    const std::string before = read_disk(folder / "b.vmdk");
    rename_disk(at("b.vmdk"), folder / "sub/c.vmdk", progress);
    EXPECT_TRUE(testing::alike(read_disk(folder / "sub/c.vmdk"), before));
    EXPECT_TRUE(testing::contains(testing::read_file(folder / "vm.vmx"), "\"sub/c.vmdk\""));
    EXPECT_FALSE(fs::exists(folder / "b.vmdk"));
}

}  // namespace
}  // namespace vix::ops
