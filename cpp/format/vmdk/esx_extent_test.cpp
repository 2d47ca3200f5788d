// The sparse extents of ESX: COWD and seSparse.
#include <gtest/gtest.h>

#include "format/vmdk/extent.h"
#include "testing/disks/esx_images.h"
#include "testing/disks/extents.h"
#include "testing/process/failure.h"

namespace vix::format::vmdk {
namespace {

using testing::code_of;
using testing::content_of;
using testing::CowdImage;
using testing::Image;
using testing::kSector;
using testing::put32;
using testing::put64;
using testing::put_bytes;
using testing::runs_of;
using testing::SeSparseImage;
using testing::TempFolder;

std::unique_ptr<Extent> open_cowd(const TempFolder& folder, const Image& bytes,
                                  std::uint64_t sectors = 8192) {
    return testing::open_image(folder, bytes, ExtentType::VmfsSparse, sectors);
}

ErrorCode cowd_code(const Image& bytes, std::uint64_t sectors = 8192) {
    const TempFolder folder;
    return code_of([&] { content_of(*open_cowd(folder, bytes, sectors)); });
}

CowdImage usual_cowd() {
    CowdImage image;
    image.sectors = {{3, 'a'}, {4, 'b'}, {9, 'c'}, {5000, 'd'}};
    return image;
}

TEST(CowdExtent, GivesRunsOfSectors) {
    const TempFolder folder;
    const CowdImage image = usual_cowd();
    const std::uint64_t first = image.place_of(3) * kSector;
    EXPECT_EQ(runs_of(*open_cowd(folder, image.bytes())),
              "unallocated 3, data 2 at " + std::to_string(first) + ", unallocated 4, data 1 at " +
                  std::to_string(first + 1024) + ", unallocated 4990, data 1 at " +
                  std::to_string(first + 1536) + ", unallocated 3191");
}

TEST(CowdExtent, HoldsWhatWasWritten) {
    const TempFolder folder;
    const std::string disk = content_of(*open_cowd(folder, usual_cowd().bytes()));
    EXPECT_EQ(disk.substr(3 * kSector, 2 * kSector),
              testing::content('a', 3, 1) + testing::content('b', 4, 1));
    EXPECT_EQ(disk.substr(5000 * kSector, kSector), testing::content('d', 5000, 1));
    EXPECT_EQ(disk.substr(0, 3 * kSector), std::string(3 * kSector, '\0'));
}

TEST(CowdExtent, IsNeverCopiedAsItIs) {
    const TempFolder folder;
    EXPECT_EQ(open_cowd(folder, usual_cowd().bytes())->copyable_header(), nullptr);
}

TEST(CowdExtent, WithoutTheMagicIsInvalid) {
    Image bytes = usual_cowd().bytes();
    put_bytes(bytes, 0, "KDMV");
    EXPECT_EQ(cowd_code(bytes), VIX_E_DISK_INVALIDDISK);
}

struct Field {
    std::uint64_t offset;
    std::uint64_t value;
    ErrorCode code;
};

std::ostream& operator<<(std::ostream& out, const Field& field) {
    return out << field.value << " at " << field.offset;
}

class CowdHeaderField : public ::testing::TestWithParam<Field> {};

TEST_P(CowdHeaderField, OutOfRangeIsRefused) {
    Image bytes = usual_cowd().bytes();
    put32(bytes, GetParam().offset, GetParam().value);
    EXPECT_EQ(cowd_code(bytes), GetParam().code);
}

constexpr Field kCowdFields[] = {
    {CowdImage::kVersionField, 0, VIX_E_DISK_UNSUPPORTEDDISKVERSION},
    {CowdImage::kVersionField, 2, VIX_E_DISK_UNSUPPORTEDDISKVERSION},
    {CowdImage::kCapacityField, 0, VIX_E_DISK_INVALIDDISK},
    {CowdImage::kCapacityField, 8191, VIX_E_DISK_INVALIDDISK},
    {CowdImage::kGrainSizeField, 0, VIX_E_DISK_INVALIDDISK},
    {CowdImage::kGrainSizeField, 3, VIX_E_DISK_INVALIDDISK},
    {CowdImage::kGrainSizeField, 0xFFFFFFFF, VIX_E_DISK_INVALIDDISK},
    {CowdImage::kDirectoryField, 0, VIX_E_DISK_NEEDSREPAIR},
    {CowdImage::kDirectoryField, 0xFFFFFFFF, VIX_E_DISK_NEEDSREPAIR},
    {CowdImage::kDirectoryEntriesField, 1, VIX_E_DISK_INVALIDDISK},
};
INSTANTIATE_TEST_SUITE_P(CowdExtent, CowdHeaderField, ::testing::ValuesIn(kCowdFields));

TEST(CowdExtent, CutShortNeedsRepair) {
    const Image bytes = usual_cowd().bytes();
    EXPECT_EQ(cowd_code(bytes.substr(0, bytes.size() - 1)), VIX_E_DISK_NEEDSREPAIR);
    EXPECT_EQ(cowd_code(bytes.substr(0, 2048)), VIX_E_DISK_NEEDSREPAIR);
    EXPECT_EQ(cowd_code(bytes.substr(0, 20)), VIX_E_DISK_NEEDSREPAIR);
}

TEST(CowdExtent, TwoSectorsAtOnePlaceNeedRepair) {
    const CowdImage image = usual_cowd();
    Image bytes = image.bytes();
    put32(bytes, image.entry(4), image.place_of(3));
    EXPECT_EQ(cowd_code(bytes), VIX_E_DISK_NEEDSREPAIR);
}

TEST(CowdExtent, ASectorBehindTheEndNeedsRepair) {
    const CowdImage image = usual_cowd();
    Image bytes = image.bytes();
    put32(bytes, image.entry(4), bytes.size() / kSector);
    EXPECT_EQ(cowd_code(bytes), VIX_E_DISK_NEEDSREPAIR);
}

std::unique_ptr<Extent> open_sesparse(const TempFolder& folder, const Image& bytes,
                                      std::uint64_t sectors = 65536) {
    return testing::open_image(folder, bytes, ExtentType::SeSparse, sectors);
}

ErrorCode sesparse_code(const Image& bytes) {
    const TempFolder folder;
    return code_of([&] { content_of(*open_sesparse(folder, bytes)); });
}

SeSparseImage usual_sesparse() {
    SeSparseImage image;
    image.grains = {{2, 'a'}, {3, 'b'}, {5000, 'c'}};
    image.unmapped = {4};
    image.zeroed = {5};
    return image;
}

TEST(SeSparseExtent, GivesRunsOfGrains) {
    const TempFolder folder;
    const SeSparseImage image = usual_sesparse();
    const std::uint64_t first = image.first_grain() * kSector;
    EXPECT_EQ(runs_of(*open_sesparse(folder, image.bytes())),
              "unallocated 16, data 16 at " + std::to_string(first) +
                  ", zero 16, unallocated 39952, data 8 at " + std::to_string(first + 8192) +
                  ", unallocated 25528");
}

TEST(SeSparseExtent, HoldsWhatWasWritten) {
    const TempFolder folder;
    const std::string disk = content_of(*open_sesparse(folder, usual_sesparse().bytes()));
    EXPECT_EQ(disk.substr(16 * kSector, 8 * kSector), testing::content('a', 16, 8));
    EXPECT_EQ(disk.substr(40000 * kSector, 8 * kSector), testing::content('c', 40000, 8));
}

TEST(SeSparseExtent, PutsTheGrainsNumberTogetherFromItsTwoParts) {
    const TempFolder folder;
    const SeSparseImage image = usual_sesparse();
    const Image bytes = image.bytes();
    io::File file = io::File::create(folder / "x", 0600);
    file.write_at(0, io::as_bytes(bytes));
    const std::uint64_t place = 5 << 12 | 7;
    std::string entry;
    put64(entry, 0, SeSparseImage::allocated(place));
    file.write_at(image.entry(2), io::as_bytes(entry));
    file.resize((image.first_grain() + (place + 1) * 8) * kSector);
    const auto extent = open_extent(testing::extent_line(ExtentType::SeSparse, 65536),
                                    std::make_shared<io::File>(std::move(file)));
    EXPECT_EQ(extent->run_at(16).file_offset, (image.first_grain() + place * 8) * kSector);
}

class SeSparseHeaderField : public ::testing::TestWithParam<Field> {};

TEST_P(SeSparseHeaderField, OutOfRangeIsRefused) {
    Image bytes = usual_sesparse().bytes();
    put64(bytes, GetParam().offset, GetParam().value);
    EXPECT_EQ(sesparse_code(bytes), GetParam().code);
}

constexpr std::uint64_t kHuge = ~std::uint64_t{0};
constexpr Field kSeSparseFields[] = {
    {0, 0xCAFEBABF, VIX_E_DISK_INVALIDDISK},
    {SeSparseImage::kVersionField, 0x0000000200000002, VIX_E_DISK_UNSUPPORTEDDISKVERSION},
    {SeSparseImage::kCapacityField, 0, VIX_E_DISK_INVALIDDISK},
    {SeSparseImage::kCapacityField, 65535, VIX_E_DISK_INVALIDDISK},
    {SeSparseImage::kCapacityField, kHuge, VIX_E_DISK_INVALIDDISK},
    {SeSparseImage::kGrainSizeField, 16, VIX_E_DISK_UNSUPPORTEDDISKVERSION},
    {SeSparseImage::kTableSizeField, 32, VIX_E_DISK_UNSUPPORTEDDISKVERSION},
    {SeSparseImage::kFlagsField, 1, VIX_E_DISK_UNSUPPORTEDDISKVERSION},
    {SeSparseImage::kVolatileField, 0, VIX_E_DISK_INVALIDDISK},
    {SeSparseImage::kVolatileField, 2, VIX_E_DISK_INVALIDDISK},
    {SeSparseImage::kVolatileField, 1 << 20, VIX_E_DISK_NEEDSREPAIR},
    {SeSparseImage::kVolatileField, kHuge, VIX_E_DISK_NEEDSREPAIR},
    {SeSparseImage::kDirectoryField, 0, VIX_E_DISK_INVALIDDISK},
    {SeSparseImage::kDirectoryField, 1 << 20, VIX_E_DISK_NEEDSREPAIR},
    {SeSparseImage::kDirectorySizeField, 0, VIX_E_DISK_INVALIDDISK},
    {SeSparseImage::kDirectorySizeField, kHuge, VIX_E_DISK_INVALIDDISK},
    {SeSparseImage::kTablesField, 0, VIX_E_DISK_INVALIDDISK},
    {SeSparseImage::kTablesField, 1 << 20, VIX_E_DISK_NEEDSREPAIR},
    {SeSparseImage::kTablesField, kHuge, VIX_E_DISK_NEEDSREPAIR},
    {SeSparseImage::kGrainsField, 0, VIX_E_DISK_INVALIDDISK},
    {SeSparseImage::kGrainsField, 1, VIX_E_DISK_INVALIDDISK},
    {SeSparseImage::kGrainsField, 1 << 20, VIX_E_DISK_NEEDSREPAIR},
};
INSTANTIATE_TEST_SUITE_P(SeSparseExtent, SeSparseHeaderField, ::testing::ValuesIn(kSeSparseFields));

TEST(SeSparseExtent, WithoutItsVolatileHeaderIsInvalid) {
    Image bytes = usual_sesparse().bytes();
    put64(bytes, SeSparseImage::kVolatile * kSector, 0);
    EXPECT_EQ(sesparse_code(bytes), VIX_E_DISK_INVALIDDISK);
}

TEST(SeSparseExtent, WhoseJournalWaitsNeedsRepair) {
    Image bytes = usual_sesparse().bytes();
    put64(bytes, SeSparseImage::kVolatile * kSector + 24, 1);
    EXPECT_EQ(sesparse_code(bytes), VIX_E_DISK_NEEDSREPAIR);
}

class SeSparseEntry : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(SeSparseEntry, ThatIsNotPossibleNeedsRepair) {
    const SeSparseImage image = usual_sesparse();
    Image bytes = image.bytes();
    put64(bytes, image.entry(2), GetParam());
    EXPECT_EQ(sesparse_code(bytes), VIX_E_DISK_NEEDSREPAIR);
}

INSTANTIATE_TEST_SUITE_P(SeSparseExtent, SeSparseEntry,
                         ::testing::Values(0x4000000000000000, 0xF000000000000000, 1,
                                           SeSparseImage::allocated(3), SeSparseImage::allocated(1),
                                           0x3FFFFFFFFFFFFFFF));

TEST(SeSparseExtent, ATableThatIsNotPossibleNeedsRepair) {
    Image bytes = usual_sesparse().bytes();
    put64(bytes, SeSparseImage::kDirectory * kSector, 0x2000000000000000);
    EXPECT_EQ(sesparse_code(bytes), VIX_E_DISK_NEEDSREPAIR);
    put64(bytes, SeSparseImage::kDirectory * kSector, 0x10000000FFFFFFFF);
    EXPECT_EQ(sesparse_code(bytes), VIX_E_DISK_NEEDSREPAIR);
}

TEST(SeSparseExtent, OneTableForTwoDirectoryEntriesNeedsRepair) {
    Image bytes = usual_sesparse().bytes();
    put64(bytes, SeSparseImage::kDirectory * kSector + 8, 0x1000000000000000);
    EXPECT_EQ(sesparse_code(bytes), VIX_E_DISK_NEEDSREPAIR);
}

TEST(SeSparseExtent, ATableAmongTheGrainsNeedsRepair) {
    Image bytes = usual_sesparse().bytes();
    bytes.resize(bytes.size() + 128 * kSector);
    put64(bytes, SeSparseImage::kDirectory * kSector, 0x1000000000000002);
    EXPECT_EQ(sesparse_code(bytes), VIX_E_DISK_NEEDSREPAIR);
}

}  // namespace
}  // namespace vix::format::vmdk
