// streamOptimized extents: compressed grains, markers, footer.
#include <gtest/gtest.h>

#include <array>
#include <boost/filesystem/operations.hpp>

#include "format/vmdk/extent.h"
#include "testing/disks/alike.h"
#include "testing/disks/extents.h"
#include "testing/disks/hosted_image.h"
#include "testing/disks/stream_image.h"
#include "testing/process/failure.h"

namespace vix::format::vmdk::stream_extent_test {
namespace {

using testing::alike;
using testing::code_of;
using testing::content_of;
using testing::deflated;
using testing::HostedField;
using testing::Image;
using testing::kSector;
using testing::put32;
using testing::put64;
using testing::put_bytes;
using testing::StreamImage;
using testing::TempFolder;

StreamImage usual() {
    StreamImage image;
    image.grains = {{1, 'a'}, {2, 'b'}, {6, 'c'}};
    return image;
}

std::unique_ptr<Extent> open(const TempFolder& folder, const Image& bytes,
                             std::uint64_t sectors = 1024) {
    return testing::open_image(folder, bytes, ExtentType::Sparse, sectors);
}

ErrorCode code_for(const Image& bytes) {
    const TempFolder folder;
    return code_of([&] { content_of(*open(folder, bytes)); });
}

std::string content_for(const Image& bytes, std::uint64_t sectors = 1024) {
    const TempFolder folder;
    return content_of(*open(folder, bytes, sectors));
}

TEST(StreamExtent, HoldsWhatWasWritten) {
    StreamImage image = usual();
    EXPECT_TRUE(alike(content_for(image.bytes()), image.disk_content()));
}

TEST(StreamExtent, GivesEachGrainARunOfItsOwn) {
    const TempFolder folder;
    StreamImage image = usual();
    const auto extent = open(folder, image.bytes());
    const std::string a = std::to_string(image.records[1]);
    const std::string b = std::to_string(image.records[2]);
    const std::string c = std::to_string(image.records[6]);
    EXPECT_EQ(testing::runs_of(*extent),
              "unallocated 128, compressed 128 at " + a + ", compressed 128 at " + b +
                  ", unallocated 384, compressed 128 at " + c + ", unallocated 128");
}

TEST(StreamExtent, ARunMayBeginWithinAGrain) {
    const TempFolder folder;
    StreamImage image = usual();
    const auto extent = open(folder, image.bytes());
    const auto run = extent->run_at(130);
    EXPECT_EQ(run.sectors, 126U);
    EXPECT_EQ(run.sectors_to_skip, 2U);
    EXPECT_EQ(run.grain_sector, 128U);
    EXPECT_EQ(run.file_offset, image.records[1]);
}

TEST(StreamExtent, ReadsSeveralTables) {
    StreamImage image = usual();
    image.grain_sectors = 16;
    image.capacity = 512 * 16 * 2;
    image.grains = {{0, 'a'}, {511, 'b'}, {512, 'c'}, {1023, 'd'}};
    EXPECT_TRUE(alike(content_for(image.bytes(), image.capacity), image.disk_content()));
}

TEST(StreamExtent, ReadsTheOlderFormWithoutMarkers) {
    StreamImage image = usual();
    image.markers = false;
    EXPECT_TRUE(alike(content_for(image.bytes()), image.disk_content()));
}

TEST(StreamExtent, TheLastGrainMayHoldOnlyWhatIsNeeded) {
    StreamImage image = usual();
    image.capacity = 6 * 128 + 40;
    Image bytes = image.bytes();
    const std::string packed = deflated(testing::content('c', 6 * 128, 40));
    put32(bytes, image.records[6] + 8, packed.size());
    put_bytes(bytes, image.records[6] + 12, packed);
    EXPECT_TRUE(alike(content_for(bytes, image.capacity), image.disk_content()));
}

TEST(StreamExtent, IsNeverCopiedAsItIs) {
    const TempFolder folder;
    EXPECT_EQ(open(folder, usual().bytes())->copyable_header(), nullptr);
}

TEST(StreamExtentDamage, WithoutAFooterNeedsRepair) {
    StreamImage image = usual();
    const Image bytes = image.bytes();
    EXPECT_EQ(code_for(bytes.substr(0, image.footer - kSector)), VIX_E_DISK_NEEDSREPAIR);
    EXPECT_EQ(code_for(bytes.substr(0, image.footer)), VIX_E_DISK_NEEDSREPAIR);
    EXPECT_EQ(code_for(bytes.substr(0, bytes.size() - kSector)), VIX_E_DISK_NEEDSREPAIR);
    EXPECT_EQ(code_for(bytes.substr(0, 3 * kSector)), VIX_E_DISK_NEEDSREPAIR);
}

TEST(StreamExtentDamage, AFooterThatIsNoHeaderNeedsRepair) {
    StreamImage image = usual();
    Image bytes = image.bytes();
    put_bytes(bytes, image.footer, "VMDK");
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_NEEDSREPAIR);
}

TEST(StreamExtentDamage, AFooterWithoutItsMarkerNeedsRepair) {
    StreamImage image = usual();
    Image bytes = image.bytes();
    put32(bytes, image.footer - kSector + 12, 2);
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_NEEDSREPAIR);
}

TEST(StreamExtentDamage, AFooterThatPointsToAnotherNeedsRepair) {
    StreamImage image = usual();
    Image bytes = image.bytes();
    put64(bytes, image.footer + HostedField::kDirectory, ~std::uint64_t{0});
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_NEEDSREPAIR);
}

TEST(StreamExtentDamage, AFooterOfAnImpossibleSizeIsInvalid) {
    StreamImage image = usual();
    Image bytes = image.bytes();
    put64(bytes, image.footer + HostedField::kGrainSize, 4096);
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_INVALIDDISK);
}

TEST(StreamExtentDamage, TheRecordOfAnotherGrainNeedsRepair) {
    StreamImage image = usual();
    Image bytes = image.bytes();
    put64(bytes, image.records[2], 128);
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_NEEDSREPAIR);
}

TEST(StreamExtentDamage, EntriesThatWereSwappedNeedRepair) {
    StreamImage image = usual();
    Image bytes = image.bytes();
    put32(bytes, image.table + 4, image.records[2] / kSector);
    put32(bytes, image.table + 8, image.records[1] / kSector);
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_NEEDSREPAIR);
}

TEST(StreamExtentDamage, TwoEntriesForOneRecordNeedRepair) {
    StreamImage image = usual();
    image.markers = false;
    Image bytes = image.bytes();
    put32(bytes, image.table + 4, image.records[2] / kSector);
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_NEEDSREPAIR);
}

TEST(StreamExtentDamage, AnEntryBehindTheEndNeedsRepair) {
    StreamImage image = usual();
    Image bytes = image.bytes();
    put32(bytes, image.table + 4, bytes.size() / kSector);
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_NEEDSREPAIR);
    put32(bytes, image.table + 4, 0xFFFFFFFF);
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_NEEDSREPAIR);
}

TEST(StreamExtentDamage, ARecordOfAnImpossibleLengthNeedsRepair) {
    StreamImage image = usual();
    Image bytes = image.bytes();
    put32(bytes, image.records[1] + 8, 0);
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_NEEDSREPAIR);
    put32(bytes, image.records[1] + 8, 128 * 512 * 2 + 1);
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_NEEDSREPAIR);
    put32(bytes, image.records[1] + 8, 0xFFFFFFFF);
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_NEEDSREPAIR);
}

TEST(StreamExtentDamage, BytesThatCannotBeUnpackedNeedRepair) {
    StreamImage image = usual();
    Image bytes = image.bytes();
    put_bytes(bytes, image.records[1] + 12, std::string(20, 'x'));
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_NEEDSREPAIR);
}

TEST(StreamExtentDamage, AFlippedBitNeedsRepair) {
    StreamImage image = usual();
    Image bytes = image.bytes();
    bytes[image.records[1] + 100] ^= 4;  // found by the stream's own checksum
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_NEEDSREPAIR);
}

TEST(StreamExtentDamage, AGrainThatUnpacksToLessNeedsRepair) {
    StreamImage image = usual();
    Image bytes = image.bytes();
    const std::string packed = deflated(std::string(127 * 512, 'a'));
    put32(bytes, image.records[1] + 8, packed.size());
    put_bytes(bytes, image.records[1] + 12, packed);
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_NEEDSREPAIR);
}

// Far more zeros than a grain holds in a small record: nothing is unpacked beyond the grain.
TEST(StreamExtentDamage, ABombNeedsRepair) {
    StreamImage image = usual();
    Image bytes = image.bytes();
    const std::string packed = deflated(std::string(std::size_t{16} << 20, '\0'));
    put32(bytes, image.records[1] + 8, packed.size());
    put_bytes(bytes, image.records[1] + 12, packed);
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_NEEDSREPAIR);
}

TEST(StreamExtentDamage, CutShortWithinAGrainNeedsRepair) {
    StreamImage image = usual();
    image.markers = false;
    const Image bytes = image.bytes();
    const TempFolder folder;
    const auto extent = open(folder, bytes);
    boost::filesystem::resize_file(folder / "x.vmdk", image.records[6] + 20);
    EXPECT_EQ(code_of([&] { content_of(*extent); }), VIX_E_DISK_NEEDSREPAIR);
}

TEST(StreamExtentDamage, PlainExtentsHaveNoCompressedGrains) {
    const auto extent = open_extent(testing::extent_line(ExtentType::Zero, 8), nullptr);
    std::array<std::byte, 512> grain{};
    EXPECT_EQ(code_of([&] { extent->read_compressed({}, grain); }), VIX_E_FAIL);
}

}  // namespace
}  // namespace vix::format::vmdk::stream_extent_test
