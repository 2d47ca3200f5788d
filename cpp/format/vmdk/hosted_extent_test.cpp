// Hosted sparse extents: what is read from sound ones, and the result of each kind of damage.
#include <gtest/gtest.h>

#include "format/vmdk/extent.h"
#include "testing/disks/alike.h"
#include "testing/disks/extents.h"
#include "testing/disks/hosted_image.h"
#include "testing/process/failure.h"

namespace vix::format::vmdk::hosted_extent_test {
namespace {

using testing::alike;
using testing::code_of;
using testing::content_of;
using testing::HostedField;
using testing::HostedImage;
using testing::Image;
using testing::kSector;
using testing::put16;
using testing::put32;
using testing::put64;
using testing::put_bytes;
using testing::runs_of;
using testing::TempFolder;

// 1024 sectors, eight grains, two of them allocated.
HostedImage usual() {
    HostedImage image;
    image.grains = {{1, 'a'}, {5, 'b'}};
    return image;
}

std::unique_ptr<Extent> open(const TempFolder& folder, const Image& bytes,
                             std::uint64_t sectors = 1024) {
    return testing::open_image(folder, bytes, ExtentType::Sparse, sectors);
}

ErrorCode code_for(const Image& bytes, std::uint64_t sectors = 1024) {
    const TempFolder folder;
    return code_of([&] { content_of(*open(folder, bytes, sectors)); });
}

std::string content_for(const Image& bytes, std::uint64_t sectors = 1024) {
    const TempFolder folder;
    return content_of(*open(folder, bytes, sectors));
}

TEST(HostedExtent, GivesRunsOfWhatIsAllocated) {
    const TempFolder folder;
    const auto extent = open(folder, usual().bytes());
    EXPECT_EQ(runs_of(*extent),
              "unallocated 128, data 128 at 65536, unallocated 384, data 128 at 131072, "
              "unallocated 256");
}

TEST(HostedExtent, HoldsWhatWasWritten) {
    EXPECT_TRUE(alike(content_for(usual().bytes()), usual().disk_content()));
}

TEST(HostedExtent, JoinsGrainsThatFollowEachOther) {
    const TempFolder folder;
    HostedImage image;
    image.grains = {{0, 'a'}, {1, 'b'}, {2, 'c'}};
    EXPECT_EQ(runs_of(*open(folder, image.bytes())), "data 384 at 65536, unallocated 640");
}

TEST(HostedExtent, DoesNotJoinGrainsThatLieApart) {
    const TempFolder folder;
    HostedImage image;
    image.grains = {{0, 'a'}, {1, 'b'}};
    Image bytes = image.bytes();
    put32(bytes, image.entry(0), image.place_of_grain(1));
    put32(bytes, image.entry(1), image.place_of_grain(0));
    put32(bytes, image.redundant_entry(0), image.place_of_grain(1));
    put32(bytes, image.redundant_entry(1), image.place_of_grain(0));
    EXPECT_EQ(runs_of(*open(folder, bytes)),
              "data 128 at 131072, data 128 at 65536, unallocated 768");
}

TEST(HostedExtent, ARunMayBeginWithinAGrain) {
    const TempFolder folder;
    const auto extent = open(folder, usual().bytes());
    const auto run = extent->run_at(130);
    EXPECT_EQ(run.sectors, 126U);
    EXPECT_EQ(run.file_offset, 65536U + 2 * 512);
}

TEST(HostedExtent, EntryOneIsZerosWhereTheFlagSaysSo) {
    const TempFolder folder;
    HostedImage image;
    image.version = 2;
    image.flags = 7;
    image.zeroed_grains = {2, 3};
    const auto extent = open(folder, image.bytes());
    EXPECT_EQ(runs_of(*extent), "unallocated 256, zero 256, unallocated 512");
    EXPECT_TRUE(extent->has_zeroed_grains());
}

TEST(HostedExtent, EntryOneWithoutTheFlagNeedsRepair) {
    HostedImage image;
    image.zeroed_grains = {2};
    EXPECT_EQ(code_for(image.bytes()), VIX_E_DISK_NEEDSREPAIR);
}

TEST(HostedExtent, ReadsSeveralTables) {
    HostedImage image;
    image.grain_sectors = 16;
    image.capacity = 3 * 512 * 16 - 5;
    image.grains = {{0, 'a'}, {511, 'b'}, {512, 'c'}, {1535, 'd'}};
    EXPECT_TRUE(alike(content_for(image.bytes(), image.capacity), image.disk_content()));
}

TEST(HostedExtent, ReadsTablesOfOtherSizes) {
    HostedImage image;
    image.grain_sectors = 8;
    image.entries_per_table = 128;
    image.capacity = 2500;
    image.grains = {{0, 'a'}, {127, 'b'}, {128, 'c'}, {312, 'd'}};
    EXPECT_TRUE(alike(content_for(image.bytes(), image.capacity), image.disk_content()));
}

TEST(HostedExtent, TheLastGrainMayEndWithTheCapacity) {
    HostedImage image = usual();
    image.capacity = 5 * 128 + 40;
    Image bytes = image.bytes();
    bytes.resize(bytes.size() - 88 * kSector);  // only the sectors that are needed
    EXPECT_TRUE(alike(content_for(bytes, image.capacity), image.disk_content()));
}

TEST(HostedExtent, MayBeLargerThanItsLine) {
    EXPECT_TRUE(
        alike(content_for(usual().bytes(), 1000), usual().disk_content().substr(0, 1000 * 512)));
}

TEST(HostedExtent, SmallerThanItsLineIsInvalid) {
    EXPECT_EQ(code_for(usual().bytes(), 1025), VIX_E_DISK_INVALIDDISK);
}

TEST(HostedExtent, ReadsVersionThree) {
    HostedImage image = usual();
    image.version = 3;
    EXPECT_TRUE(alike(content_for(image.bytes()), image.disk_content()));
}

TEST(HostedExtent, TablesInHolesAreNotAllocated) {
    const TempFolder folder;
    HostedImage image;
    image.capacity = 512 * 128 * 4;
    image.grains = {{600, 'x'}};
    const Image bytes = image.bytes();
    io::File file = io::File::create(folder / "x.vmdk", 0600);
    file.resize(bytes.size());
    file.write_at(0, io::as_bytes(bytes.substr(0, image.table(0) * kSector)));
    for (const std::uint64_t at : {image.table(1) * kSector, image.overhead() * kSector}) {
        file.write_at(at, io::as_bytes(bytes.substr(at, 65536)));
    }
    const auto extent = open_extent(testing::extent_line(ExtentType::Sparse, image.capacity),
                                    std::make_shared<io::File>(std::move(file)));
    EXPECT_TRUE(alike(content_of(*extent), image.disk_content()));
}

TEST(HostedExtent, ADirectoryEntryOfZeroIsATableOfNothing) {
    HostedImage image = usual();
    Image bytes = image.bytes();
    put32(bytes, image.directory() * kSector, 0);
    put32(bytes, image.redundant_directory() * kSector, 0);
    EXPECT_TRUE(alike(content_for(bytes), std::string(1024 * 512, '\0')));
}

TEST(HostedExtentDamage, WithoutTheMagicIsInvalid) {
    Image bytes = usual().bytes();
    put_bytes(bytes, 0, "KDMW");
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_INVALIDDISK);
}

TEST(HostedExtentDamage, AFileShorterThanTheHeaderNeedsRepair) {
    EXPECT_EQ(code_for(usual().bytes().substr(0, 511)), VIX_E_DISK_NEEDSREPAIR);
    EXPECT_EQ(code_for(""), VIX_E_DISK_NEEDSREPAIR);
}

struct Field {
    const char* name;
    std::uint64_t offset;
    int width;
    std::uint64_t value;
    ErrorCode code;
};

std::ostream& operator<<(std::ostream& out, const Field& field) {
    return out << field.name;
}

class HostedHeaderField : public ::testing::TestWithParam<Field> {};

TEST_P(HostedHeaderField, OutOfRangeIsRefused) {
    Image bytes = usual().bytes();
    const Field& field = GetParam();
    if (field.width == 2) put16(bytes, field.offset, field.value);
    if (field.width == 4) put32(bytes, field.offset, field.value);
    if (field.width == 8) put64(bytes, field.offset, field.value);
    EXPECT_EQ(code_for(bytes), field.code);
}

constexpr std::uint64_t kHuge = ~std::uint64_t{0};
constexpr Field kFields[] = {
    {"version 0", HostedField::kVersion, 4, 0, VIX_E_DISK_INVALIDDISK},
    {"version 4", HostedField::kVersion, 4, 4, VIX_E_DISK_UNSUPPORTEDDISKVERSION},
    {"version -1", HostedField::kVersion, 4, kHuge, VIX_E_DISK_UNSUPPORTEDDISKVERSION},
    {"capacity 0", HostedField::kCapacity, 8, 0, VIX_E_DISK_INVALIDDISK},
    {"capacity 2^64-1", HostedField::kCapacity, 8, kHuge, VIX_E_DISK_INVALIDDISK},
    {"capacity 2^51", HostedField::kCapacity, 8, std::uint64_t{1} << 51, VIX_E_DISK_INVALIDDISK},
    {"capacity 2^50", HostedField::kCapacity, 8, std::uint64_t{1} << 50, VIX_E_DISK_INVALIDDISK},
    {"capacity of more tables than fit", HostedField::kCapacity, 8, std::uint64_t{1} << 36,
     VIX_E_DISK_NEEDSREPAIR},
    {"grain 0", HostedField::kGrainSize, 8, 0, VIX_E_DISK_INVALIDDISK},
    {"grain 3", HostedField::kGrainSize, 8, 3, VIX_E_DISK_INVALIDDISK},
    {"grain 2^17", HostedField::kGrainSize, 8, 1 << 17, VIX_E_DISK_INVALIDDISK},
    {"grain 2^63", HostedField::kGrainSize, 8, std::uint64_t{1} << 63, VIX_E_DISK_INVALIDDISK},
    {"entries 0", HostedField::kEntriesPerTable, 4, 0, VIX_E_DISK_INVALIDDISK},
    {"entries 4097", HostedField::kEntriesPerTable, 4, 4097, VIX_E_DISK_INVALIDDISK},
    {"entries 2^32-1", HostedField::kEntriesPerTable, 4, kHuge, VIX_E_DISK_INVALIDDISK},
    {"overhead behind the grains", HostedField::kOverhead, 8, 300, VIX_E_DISK_NEEDSREPAIR},
    {"overhead 2^64-1", HostedField::kOverhead, 8, kHuge, VIX_E_DISK_NEEDSREPAIR},
    {"compression 2", HostedField::kCompression, 2, 2, VIX_E_DISK_NOTSUPPORTED},
    {"compression 65535", HostedField::kCompression, 2, 65535, VIX_E_DISK_NOTSUPPORTED},
    {"directory at the end without a footer", HostedField::kDirectory, 8, kHuge,
     VIX_E_DISK_NEEDSREPAIR},
};
INSTANTIATE_TEST_SUITE_P(HostedExtentDamage, HostedHeaderField, ::testing::ValuesIn(kFields));

TEST(HostedExtentDamage, SpoiltLineEndsNeedRepair) {
    Image bytes = usual().bytes();
    put_bytes(bytes, HostedField::kNewlineTest, "\n \n\n");
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_NEEDSREPAIR);
}

TEST(HostedExtentDamage, LineEndsDoNotCountWithoutTheFlag) {
    HostedImage image = usual();
    image.flags = 2;
    Image bytes = image.bytes();
    put_bytes(bytes, HostedField::kNewlineTest, "\n \n\n");
    EXPECT_TRUE(alike(content_for(bytes), image.disk_content()));
}

TEST(HostedExtentDamage, CutShortWithinAGrainNeedsRepair) {
    const Image bytes = usual().bytes();
    EXPECT_EQ(code_for(bytes.substr(0, bytes.size() - 1)), VIX_E_DISK_NEEDSREPAIR);
}

TEST(HostedExtentDamage, CutShortWithinTheTablesNeedsRepair) {
    const HostedImage image = usual();
    EXPECT_EQ(code_for(image.bytes().substr(0, image.table(0) * kSector)), VIX_E_DISK_NEEDSREPAIR);
    EXPECT_EQ(code_for(image.bytes().substr(0, 1024)), VIX_E_DISK_NEEDSREPAIR);
    EXPECT_EQ(code_for(image.bytes().substr(0, 512)), VIX_E_DISK_NEEDSREPAIR);
}

TEST(HostedExtentDamage, TwoGrainsAtOnePlaceNeedRepair) {
    const HostedImage image = usual();
    Image bytes = image.bytes();
    put32(bytes, image.entry(5), image.place_of_grain(1));
    put32(bytes, image.redundant_entry(5), image.place_of_grain(1));
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_NEEDSREPAIR);
}

TEST(HostedExtentDamage, GrainsThatOverlapInPartNeedRepair) {
    const HostedImage image = usual();
    Image bytes = image.bytes();
    put32(bytes, image.entry(5), image.place_of_grain(1) + 1);
    put32(bytes, image.redundant_entry(5), image.place_of_grain(1) + 1);
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_NEEDSREPAIR);
}

TEST(HostedExtentDamage, OneTableForTwoDirectoryEntriesNeedsRepair) {
    HostedImage image;
    image.capacity = 2 * 512 * 128;
    Image bytes = image.bytes();
    put32(bytes, image.directory() * kSector + 4, image.table(0));
    put32(bytes, image.redundant_directory() * kSector + 4, image.table(0));
    EXPECT_EQ(code_for(bytes, image.capacity), VIX_E_DISK_NEEDSREPAIR);
}

TEST(HostedExtentDamage, EntriesBehindTheCapacityDoNotCount) {
    const HostedImage image = usual();
    Image bytes = image.bytes();
    put32(bytes, image.entry(8), 0xFFFFFFFF);
    EXPECT_TRUE(alike(content_for(bytes), image.disk_content()));
}

}  // namespace
}  // namespace vix::format::vmdk::hosted_extent_test
