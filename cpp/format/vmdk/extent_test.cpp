// Flat extents, extents without a file, and the descriptor embedded in a sparse extent.
#include "format/vmdk/extent.h"

#include <gtest/gtest.h>

#include "testing/disks/alike.h"
#include "testing/disks/extents.h"
#include "testing/disks/hosted_image.h"
#include "testing/disks/samples.h"
#include "testing/process/failure.h"

namespace vix::format::vmdk {
namespace {

using testing::alike;
using testing::code_of;
using testing::content;
using testing::content_of;
using testing::extent_line;
using testing::get64;
using testing::HostedField;
using testing::HostedImage;
using testing::open_image;
using testing::put64;
using testing::runs_of;
using testing::TempFolder;

std::shared_ptr<const io::File> file_of(const TempFolder& folder, const std::string& bytes) {
    return std::make_shared<io::File>(io::File::open(folder.write("x.vmdk", bytes)));
}

TEST(ZeroExtent, IsOneRunWithoutAFile) {
    const auto extent = open_extent(extent_line(ExtentType::Zero, 1000), nullptr);
    EXPECT_EQ(runs_of(*extent), "zero 1000");
    EXPECT_EQ(extent->file(), nullptr);
}

TEST(FlatExtent, IsOneRun) {
    const TempFolder folder;
    const auto extent = open_image(folder, content('f', 0, 10), ExtentType::Flat, 10);
    EXPECT_EQ(runs_of(*extent), "data 10 at 0");
    EXPECT_TRUE(alike(content_of(*extent), content('f', 0, 10)));
}

TEST(FlatExtent, OfEsxIsTheSame) {
    const TempFolder folder;
    const auto extent = open_image(folder, content('f', 0, 10), ExtentType::Vmfs, 10);
    EXPECT_EQ(runs_of(*extent), "data 10 at 0");
}

TEST(FlatExtent, BeginsAtItsOffset) {
    const TempFolder folder;
    ExtentLine line = extent_line(ExtentType::Flat, 4);
    line.offset_sectors = 6;
    const auto extent = open_extent(line, file_of(folder, content('f', 0, 10)));
    EXPECT_EQ(runs_of(*extent), "data 4 at 3072");
    EXPECT_TRUE(alike(content_of(*extent), content('f', 6, 4)));
}

TEST(FlatExtent, MayBeFollowedByMoreInItsFile) {
    const TempFolder folder;
    const auto extent = open_image(folder, content('f', 0, 10), ExtentType::Flat, 9);
    EXPECT_EQ(runs_of(*extent), "data 9 at 0");
}

TEST(FlatExtent, ThatIsCutShortNeedsRepair) {
    const TempFolder folder;
    const std::string bytes = content('f', 0, 10);
    EXPECT_EQ(code_of([&] { open_image(folder, bytes, ExtentType::Flat, 11); }),
              VIX_E_DISK_NEEDSREPAIR);
}

TEST(FlatExtent, WhoseSizeOverflowsIsInvalid) {
    const TempFolder folder;
    ExtentLine line = extent_line(ExtentType::Flat, 8);
    line.offset_sectors = std::uint64_t{1} << 55;
    EXPECT_EQ(code_of([&] { open_extent(line, file_of(folder, "x")); }), VIX_E_DISK_INVALIDDISK);
    line.offset_sectors = (std::uint64_t{1} << 55) - 1;
    EXPECT_EQ(code_of([&] { open_extent(line, file_of(folder, "x")); }), VIX_E_DISK_INVALIDDISK);
}

TEST(DeviceExtent, IsNeverOpened) {
    EXPECT_EQ(code_of([] { open_extent(extent_line(ExtentType::VmfsRdm, 8), nullptr); }),
              VIX_E_DISK_UNSUPPORTEDDEVICE);
    EXPECT_EQ(code_of([] { open_extent(extent_line(ExtentType::VmfsRaw, 8), nullptr); }),
              VIX_E_DISK_UNSUPPORTEDDEVICE);
}

TEST(Run, WithoutItsBeginMovesOnInItsFile) {
    vmdk::Run run;
    run.kind = vmdk::Run::Kind::Data;
    run.sectors = 10;
    run.file_offset = 1024;
    EXPECT_EQ(run.from(3).sectors, 7U);
    EXPECT_EQ(run.from(3).file_offset, 1024U + 3 * 512);
}

TEST(Run, OfACompressedGrainKeepsItsRecord) {
    vmdk::Run run;
    run.kind = vmdk::Run::Kind::Compressed;
    run.sectors = 10;
    run.file_offset = 1024;
    run.sectors_to_skip = 2;
    EXPECT_EQ(run.from(3).file_offset, 1024U);
    EXPECT_EQ(run.from(3).sectors_to_skip, 5U);
}

TEST(EmbeddedDescriptor, IsReadFromBehindTheHeader) {
    const TempFolder folder;
    HostedImage image;
    image.descriptor = "# Disk DescriptorFile\nversion=1\n";
    const std::string text = read_embedded_descriptor(*file_of(folder, image.bytes()));
    EXPECT_EQ(text.size(), 20U * 512);
    EXPECT_EQ(text.substr(0, text.find('\0')), image.descriptor);
}

TEST(EmbeddedDescriptor, IsEmptyWhereThereIsNone) {
    const TempFolder folder;
    EXPECT_EQ(read_embedded_descriptor(*file_of(folder, HostedImage{}.bytes())), "");
    EXPECT_EQ(read_embedded_descriptor(*file_of(folder, "# Disk DescriptorFile\n")), "");
    EXPECT_EQ(read_embedded_descriptor(*file_of(folder, "")), "");
    EXPECT_EQ(read_embedded_descriptor(*file_of(folder, content('f', 0, 4))), "");
}

TEST(EmbeddedDescriptor, OutsideTheFileIsInvalid) {
    const TempFolder folder;
    HostedImage image;
    image.descriptor = "# x";
    std::string bytes = image.bytes();
    put64(bytes, HostedField::kDescriptorOffset, std::uint64_t{1} << 60);
    EXPECT_EQ(code_of([&] { read_embedded_descriptor(*file_of(folder, bytes)); }),
              VIX_E_DISK_INVALIDDISK);
}

TEST(EmbeddedDescriptor, OfGigabytesIsInvalid) {
    const TempFolder folder;
    HostedImage image;
    image.descriptor = "# x";
    std::string bytes = image.bytes();
    put64(bytes, HostedField::kDescriptorSize, std::uint64_t{1} << 22);
    EXPECT_EQ(code_of([&] { read_embedded_descriptor(*file_of(folder, bytes)); }),
              VIX_E_DISK_INVALIDDISK);
}

TEST(EmbeddedDescriptor, CutShortIsReadAsFarAsItGoes) {
    const TempFolder folder;
    HostedImage image;
    image.descriptor = "# x";
    const std::string bytes = image.bytes().substr(0, 1024);
    EXPECT_EQ(read_embedded_descriptor(*file_of(folder, bytes)).size(), 512U);
}

TEST(ExtentOfSample, AnEmptySplitExtentOfWorkstation) {
    const TempFolder folder;
    const std::string bytes =
        testing::read_file(testing::sample_file("suspended/Mail Gate-s006.vmdk"));
    const auto extent = open_image(folder, bytes, ExtentType::Sparse, 327680);
    EXPECT_EQ(runs_of(*extent), "unallocated 327680");
    EXPECT_NE(extent->copyable_header(), nullptr);
}

TEST(ExtentOfSample, AMonolithicDiskWithACapacityOfNoWholeGrains) {
    const TempFolder folder;
    const std::string bytes = testing::read_file(testing::sample_file("mono-sparse/image.vmdk"));
    const auto extent = open_image(folder, bytes, ExtentType::Sparse, 200);
    EXPECT_EQ(content_of(*extent).size(), 200U * 512);
}

TEST(ExtentOfSample, AStreamOfVddk) {
    const TempFolder folder;
    const std::string bytes = testing::read_file(testing::sample_file("vddk/streamOptimized.vmdk"));
    const Descriptor descriptor =
        parse_descriptor(read_embedded_descriptor(*file_of(folder, bytes)), "x.vmdk");
    EXPECT_EQ(descriptor.create_type, "streamOptimized");
    const auto extent =
        open_image(folder, bytes, ExtentType::Sparse, descriptor.extents[0].sectors);
    EXPECT_EQ(content_of(*extent).size(), descriptor.capacity_sectors() * 512);
    EXPECT_EQ(extent->copyable_header(), nullptr);
}

// Real disks with an embedded descriptor, if there are any.
TEST(ExtentOfRealDisk, IsReadToItsEnd) {
    const auto is_whole_disk = [](const std::string& bytes) {
        return bytes.starts_with("KDMV") && get64(bytes, HostedField::kDescriptorOffset) != 0;
    };
    int disks = 0;
    for (const auto& path : testing::real_files(".vmdk")) {
        const std::string bytes = testing::read_file(path);
        if (!is_whole_disk(bytes)) continue;
        const TempFolder folder;
        const Descriptor descriptor =
            parse_descriptor(read_embedded_descriptor(*file_of(folder, bytes)), path);
        const auto extent =
            open_image(folder, bytes, ExtentType::Sparse, descriptor.extents.at(0).sectors);
        EXPECT_EQ(content_of(*extent).size(), descriptor.capacity_sectors() * 512) << path;
        ++disks;
    }
    if (disks == 0) GTEST_SKIP() << testing::no_real_file("*.vmdk");
}

}  // namespace
}  // namespace vix::format::vmdk
