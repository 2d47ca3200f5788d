// Tests disks and their chains: what opens, and where a chain breaks.
#include "vm/disks/disk.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>

#include "testing/disks/hosted_image.h"
#include "testing/machines/machines.h"
#include "testing/process/failure.h"

namespace vix::vm::disk_test {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::contains;
using testing::DescriptorText;
using testing::detail_of;
using testing::mono_disk;
using testing::TempFolder;

Disk open(const TempFolder& folder, const std::string& name,
          const std::vector<fs::path>& search = {}, const Settings& settings = {}) {
    return open_disk(folder / name, search, settings);
}

ErrorCode code_for(const TempFolder& folder, const std::string& name) {
    return code_of([&] { open(folder, name); });
}

// Returns a separate descriptor with one extent line.
std::string text_disk(const std::string& create_type, const std::string& extent) {
    DescriptorText descriptor;
    descriptor.create_type = create_type;
    descriptor.extents = {extent};
    return descriptor.text();
}

TEST(Disk, OpensOneWithAnEmbeddedDescriptor) {
    const TempFolder folder;
    folder.write("a.vmdk", mono_disk("a.vmdk", 'a', 1));
    const Disk disk = open(folder, "a.vmdk");
    ASSERT_EQ(disk.chain.size(), 1U);
    EXPECT_TRUE(disk.chain[0].embedded);
    EXPECT_EQ(disk.capacity_sectors, 1024U);
    EXPECT_EQ(disk.disk_class, DiskClass::MonolithicSparse);
}

TEST(Disk, OpensOneWithADescriptorOfItsOwn) {
    const TempFolder folder;
    folder.write("a.vmdk", text_disk("monolithicFlat", "RW 8 FLAT \"a-flat.vmdk\" 0"));
    const Disk disk = open(folder, "a.vmdk");
    EXPECT_FALSE(disk.chain[0].embedded);
    EXPECT_EQ(disk.chain[0].path, folder / "a.vmdk");
    EXPECT_EQ(disk.disk_class, DiskClass::MonolithicFlat);
}

struct ClassSample {
    const char* create_type;
    std::vector<std::string> extents;
    DiskClass disk_class;
};

std::ostream& operator<<(std::ostream& out, const ClassSample& sample) {
    out << sample.create_type;
    for (const std::string& extent : sample.extents) out << ", " << extent.substr(5);
    return out;
}

class ClassOfDisk : public ::testing::TestWithParam<ClassSample> {};

TEST_P(ClassOfDisk, IsThatOfItsExtents) {
    const TempFolder folder;
    DescriptorText descriptor;
    descriptor.create_type = GetParam().create_type;
    descriptor.extents = GetParam().extents;
    folder.write("a.vmdk", descriptor.text());
    EXPECT_EQ(open(folder, "a.vmdk").disk_class, GetParam().disk_class);
}

const ClassSample kClasses[] = {
    {"twoGbMaxExtentSparse", {"RW 8 SPARSE \"a-s001.vmdk\""}, DiskClass::SplitSparse},
    {"2GbMaxExtentSparse",
     {"RW 8 SPARSE \"a-s001.vmdk\"", "RW 8 SPARSE \"a-s002.vmdk\""},
     DiskClass::SplitSparse},
    {"twoGbMaxExtentFlat", {"RW 8 FLAT \"a-f001.vmdk\" 0"}, DiskClass::SplitFlat},
    {"monolithicFlat", {"RW 8 FLAT \"a-flat.vmdk\" 0"}, DiskClass::MonolithicFlat},
    {"streamOptimized", {"RDONLY 8 SPARSE \"a.vmdk\""}, DiskClass::MonolithicSparse},
    {"vmfs", {"RW 8 VMFS \"a-flat.vmdk\""}, DiskClass::MonolithicFlat},
    {"vmfsThin", {"RW 8 VMFS \"a-flat.vmdk\""}, DiskClass::MonolithicSparse},
    {"vmfsSparse", {"RW 8 VMFSSPARSE \"a-delta.vmdk\""}, DiskClass::MonolithicSparse},
    {"seSparse", {"RW 8 SESPARSE \"a-sesparse.vmdk\""}, DiskClass::MonolithicSparse},
    {"custom", {"RW 8 FLAT \"a\" 0", "RW 8 ZERO"}, DiskClass::SplitFlat},
    {"custom", {"RW 8 FLAT \"a\" 0", "RW 8 SPARSE \"b\""}, DiskClass::SplitSparse},
};
INSTANTIATE_TEST_SUITE_P(Disk, ClassOfDisk, ::testing::ValuesIn(kClasses));

TEST(Disk, ThinOnEsxBecomesSparse) {
    const TempFolder folder;
    DescriptorText descriptor;
    descriptor.create_type = "vmfs";
    descriptor.extents = {"RW 8 VMFS \"a-flat.vmdk\""};
    descriptor.ddb = {"ddb.thinProvisioned = \"1\""};
    folder.write("a.vmdk", descriptor.text());
    EXPECT_EQ(open(folder, "a.vmdk").disk_class, DiskClass::MonolithicSparse);
}

TEST(Disk, MissingIsNotFound) {
    const TempFolder folder;
    EXPECT_EQ(code_for(folder, "a.vmdk"), VIX_E_FILE_NOT_FOUND);
}

TEST(Disk, AFileOfAnyOtherKindIsNone) {
    const TempFolder folder;
    folder.write("text", "root:SECRET:19000:0:99999\n");
    folder.write("empty", "");
    folder.write("binary", std::string(10000, '\x7F'));
    EXPECT_EQ(code_for(folder, "text"), VIX_E_DISK_INVALIDDISK);
    EXPECT_EQ(code_for(folder, "empty"), VIX_E_DISK_INVALIDDISK);
    EXPECT_EQ(code_for(folder, "binary"), VIX_E_DISK_INVALIDDISK);
    EXPECT_FALSE(contains(detail_of([&] { open(folder, "text"); }), "SECRET"));
}

TEST(Disk, ADescriptorOfGigabytesIsNone) {
    const TempFolder folder;
    folder.write("a.vmdk", text_disk("monolithicFlat", "RW 8 FLAT \"a-flat.vmdk\" 0"));
    fs::resize_file(folder / "a.vmdk", std::uint64_t{8} << 30);
    EXPECT_EQ(code_for(folder, "a.vmdk"), VIX_E_DISK_INVALIDDISK);
}

TEST(Disk, AnExtentWithoutDescriptorIsNone) {
    const TempFolder folder;
    folder.write("a-s001.vmdk", testing::HostedImage{}.bytes());
    EXPECT_EQ(code_for(folder, "a-s001.vmdk"), VIX_E_DISK_INVALIDDISK);
}

TEST(Disk, AnEmbeddedDescriptorHasOneExtent) {
    const TempFolder folder;
    DescriptorText descriptor;
    descriptor.extents = {"RW 1024 SPARSE \"a.vmdk\"", "RW 8 FLAT \"/etc/passwd\" 0"};
    testing::HostedImage image;
    image.descriptor = descriptor.text();
    folder.write("a.vmdk", image.bytes());
    EXPECT_EQ(code_for(folder, "a.vmdk"), VIX_E_DISK_INVALIDDISK);
}

TEST(Disk, ALinkOrFifoOrFolderMayNotBeRead) {
    const TempFolder folder;
    folder.write("real.vmdk", mono_disk("real.vmdk", 'a', 1));
    fs::create_symlink("real.vmdk", folder / "link.vmdk");
    ASSERT_EQ(mkfifo((folder / "fifo.vmdk").c_str(), 0600), 0);
    alarm(5);
    EXPECT_EQ(code_for(folder, "link.vmdk"), VIX_E_FILE_ACCESS_ERROR);
    EXPECT_EQ(code_for(folder, "fifo.vmdk"), VIX_E_FILE_ACCESS_ERROR);
    EXPECT_EQ(code_for(folder, ""), VIX_E_FILE_ACCESS_ERROR);
    alarm(0);
}

TEST(Disk, PhysicalDisksAreRefusedByTheirType) {
    const TempFolder folder;
    folder.write("a.vmdk", text_disk("fullDevice", "RW 8 FLAT \"/dev/zero\" 0"));
    folder.write("b.vmdk", text_disk("partitionedDevice", "RW 8 FLAT \"b-pt.vmdk\" 0"));
    folder.write("c.vmdk", text_disk("vmfsRawDeviceMap", "RW 8 VMFSRDM \"c-rdm.vmdk\""));
    folder.write("d.vmdk", text_disk("vmfsPassthroughRawDeviceMap", "RW 8 VMFS \"d\""));
    folder.write("e.vmdk", text_disk("FULLDEVICE", "RW 8 FLAT \"/dev/zero\" 0"));
    EXPECT_EQ(code_for(folder, "a.vmdk"), VIX_E_DISK_UNSUPPORTEDDEVICE);
    EXPECT_EQ(code_for(folder, "b.vmdk"), VIX_E_DISK_UNSUPPORTEDDEVICE);
    EXPECT_EQ(code_for(folder, "c.vmdk"), VIX_E_DISK_UNSUPPORTEDDEVICE);
    EXPECT_EQ(code_for(folder, "d.vmdk"), VIX_E_DISK_UNSUPPORTEDDEVICE);
    EXPECT_EQ(code_for(folder, "e.vmdk"), VIX_E_DISK_UNSUPPORTEDDEVICE);
}

TEST(Disk, PhysicalExtentsAreRefusedWhateverTheType) {
    const TempFolder folder;
    folder.write("a.vmdk", text_disk("custom", "RW 8 VMFSRAW \"a\""));
    EXPECT_EQ(code_for(folder, "a.vmdk"), VIX_E_DISK_UNSUPPORTEDDEVICE);
}

TEST(Disk, AnUnknownTypeIsNotSupported) {
    const TempFolder folder;
    folder.write("a.vmdk", text_disk("monolithicQuantum", "RW 8 FLAT \"a\" 0"));
    EXPECT_EQ(code_for(folder, "a.vmdk"), VIX_E_DISK_NOTSUPPORTED);
}

TEST(Disk, AnEncryptedOneNeedsItsKey) {
    const TempFolder folder;
    folder.write("a.vmdk", text_disk("monolithicFlat", "RW 8 FLAT \"a\" 0\nencryptionKeys=\"x\""));
    EXPECT_EQ(code_for(folder, "a.vmdk"), VIX_E_DISK_NEEDKEY);
}

// More than 64 TiB. No product makes such a disk, and planning its copy would take gigabytes of
// memory.
TEST(Disk, OfACapacityThatNoneHasIsInvalid) {
    const TempFolder folder;
    DescriptorText descriptor;
    descriptor.create_type = "custom";
    descriptor.extents = {"RW 8 SPARSE \"a-s001.vmdk\"", "RW 1125899906842624 ZERO"};
    folder.write("a.vmdk", descriptor.text());
    EXPECT_EQ(code_for(folder, "a.vmdk"), VIX_E_DISK_INVALIDDISK);
}

TEST(Disk, OfACapacityThatOverflowsIsInvalid) {
    const TempFolder folder;
    DescriptorText descriptor;
    descriptor.create_type = "custom";
    descriptor.extents = {"RW 18446744073709551615 ZERO", "RW 18446744073709551615 ZERO"};
    folder.write("a.vmdk", descriptor.text());
    EXPECT_EQ(code_for(folder, "a.vmdk"), VIX_E_DISK_INVALIDDISK);
}

}  // namespace
}  // namespace vix::vm::disk_test
