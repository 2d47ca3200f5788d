// Grain directories and tables exist twice: the second copy is used if the first is damaged. Also:
// which extents may be copied byte for byte.
#include <gtest/gtest.h>

#include "format/vmdk/extent.h"
#include "testing/disks/alike.h"
#include "testing/disks/extents.h"
#include "testing/disks/hosted_image.h"
#include "testing/process/failure.h"

namespace vix::format::vmdk::redundant_tables_test {
namespace {

using testing::alike;
using testing::code_of;
using testing::content_of;
using testing::HostedField;
using testing::HostedImage;
using testing::Image;
using testing::kSector;
using testing::put32;
using testing::put64;
using testing::TempFolder;

// Two tables with one grain each.
HostedImage usual() {
    HostedImage image;
    image.grain_sectors = 16;
    image.capacity = 2 * 512 * 16;
    image.grains = {{3, 'a'}, {700, 'b'}};
    return image;
}

std::unique_ptr<Extent> open(const TempFolder& folder, const Image& bytes,
                             std::uint64_t sectors = usual().capacity) {
    return testing::open_image(folder, bytes, ExtentType::Sparse, sectors);
}

ErrorCode code_for(const Image& bytes) {
    const TempFolder folder;
    return code_of([&] { content_of(*open(folder, bytes)); });
}

std::string content_for(const Image& bytes) {
    const TempFolder folder;
    return content_of(*open(folder, bytes));
}

bool is_copyable(const Image& bytes, std::uint64_t sectors = usual().capacity) {
    const TempFolder folder;
    return open(folder, bytes, sectors)->copyable_header() != nullptr;
}

TEST(RedundantTables, ServeForAGrainOutsideTheFile) {
    const HostedImage image = usual();
    Image bytes = image.bytes();
    put32(bytes, image.entry(3), 0x7FFFFFFF);
    EXPECT_TRUE(alike(content_for(bytes), image.disk_content()));
}

TEST(RedundantTables, ServeForAGrainAmongTheMetadata) {
    const HostedImage image = usual();
    Image bytes = image.bytes();
    put32(bytes, image.entry(700), image.overhead() - 1);
    EXPECT_TRUE(alike(content_for(bytes), image.disk_content()));
}

TEST(RedundantTables, ServeForATableOutsideTheFile) {
    const HostedImage image = usual();
    Image bytes = image.bytes();
    put32(bytes, image.directory() * kSector + 4, 0xFFFFFFF0);
    EXPECT_TRUE(alike(content_for(bytes), image.disk_content()));
}

TEST(RedundantTables, ServeForAMissingTable) {
    const HostedImage image = usual();
    Image bytes = image.bytes();
    put32(bytes, image.directory() * kSector, 0);
    EXPECT_TRUE(alike(content_for(bytes), image.disk_content()));
}

TEST(RedundantTables, ServeForADirectoryOutsideTheFile) {
    const HostedImage image = usual();
    Image bytes = image.bytes();
    put64(bytes, HostedField::kDirectory, std::uint64_t{1} << 62);
    EXPECT_TRUE(alike(content_for(bytes), image.disk_content()));
}

TEST(RedundantTables, ServeForADirectoryThatIsNone) {
    const HostedImage image = usual();
    Image bytes = image.bytes();
    put64(bytes, HostedField::kDirectory, 0);
    EXPECT_TRUE(alike(content_for(bytes), image.disk_content()));
}

TEST(RedundantTables, AreNotAskedWhereTheFirstAreSound) {
    const HostedImage image = usual();
    Image bytes = image.bytes();
    put32(bytes, image.redundant_entry(3), 0x7FFFFFFF);
    EXPECT_TRUE(alike(content_for(bytes), image.disk_content()));
}

TEST(RedundantTables, DamagedTooNeedRepair) {
    const HostedImage image = usual();
    Image bytes = image.bytes();
    put32(bytes, image.entry(3), 0x7FFFFFFF);
    put32(bytes, image.redundant_entry(3), 0x7FFFFFFF);
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_NEEDSREPAIR);
}

TEST(RedundantTables, BothDirectoriesOutsideTheFileNeedRepair) {
    Image bytes = usual().bytes();
    put64(bytes, HostedField::kDirectory, std::uint64_t{1} << 54);
    put64(bytes, HostedField::kRedundantDirectory, std::uint64_t{1} << 63);
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_NEEDSREPAIR);
}

TEST(RedundantTables, AreNotUsedWithoutTheFlag) {
    HostedImage image = usual();
    image.flags = 1;
    Image bytes = image.bytes();
    EXPECT_TRUE(alike(content_for(bytes), image.disk_content()));
    put32(bytes, image.entry(3), 0x7FFFFFFF);
    EXPECT_EQ(code_for(bytes), VIX_E_DISK_NEEDSREPAIR);
}

TEST(CopyableExtent, IsOneInOrder) {
    EXPECT_TRUE(is_copyable(usual().bytes()));
}

TEST(CopyableExtent, GivesItsHeader) {
    const TempFolder folder;
    const auto extent = open(folder, usual().bytes());
    EXPECT_EQ(extent->copyable_header()->capacity.value(), usual().capacity);
}

TEST(CopyableExtent, MayHaveZeroedGrains) {
    HostedImage image = usual();
    image.version = 2;
    image.flags = 7;
    image.zeroed_grains = {9};
    EXPECT_TRUE(is_copyable(image.bytes()));
}

TEST(CopyableExtent, IsNotOneThatWasNotClosed) {
    Image bytes = usual().bytes();
    bytes[HostedField::kUncleanShutdown] = 1;
    EXPECT_FALSE(is_copyable(bytes));
}

TEST(CopyableExtent, IsNotOneWhoseCopiesDiffer) {
    const HostedImage image = usual();
    Image bytes = image.bytes();
    put32(bytes, image.redundant_entry(3), 0);
    EXPECT_FALSE(is_copyable(bytes));
}

TEST(CopyableExtent, IsNotOneWithADamagedCopy) {
    const HostedImage image = usual();
    Image bytes = image.bytes();
    put32(bytes, image.entry(3), 0x7FFFFFFF);
    EXPECT_FALSE(is_copyable(bytes));
}

TEST(CopyableExtent, IsNotOneWithoutACopy) {
    HostedImage image = usual();
    image.flags = 1;
    EXPECT_FALSE(is_copyable(image.bytes()));
}

TEST(CopyableExtent, IsNotOneWithoutAllItsTables) {
    const HostedImage image = usual();
    Image bytes = image.bytes();
    put32(bytes, image.directory() * kSector, 0);
    put32(bytes, image.redundant_directory() * kSector, 0);
    EXPECT_FALSE(is_copyable(bytes));
}

TEST(CopyableExtent, IsNotOneLargerThanItsLine) {
    EXPECT_FALSE(is_copyable(usual().bytes(), usual().capacity - 1));
}

TEST(CopyableExtent, IsNotOneWithTablesOfAnotherSize) {
    HostedImage image = usual();
    image.entries_per_table = 1024;
    EXPECT_FALSE(is_copyable(image.bytes()));
}

// QEMU requires the file to be at least this long, so it would refuse a copy.
TEST(CopyableExtent, IsNotOneWhoseMetadataEndBehindTheFile) {
    HostedImage image = usual();
    image.grains.clear();
    Image bytes = image.bytes();
    put64(bytes, HostedField::kOverhead, std::uint64_t{1} << 40);
    EXPECT_FALSE(is_copyable(bytes));
}

TEST(CopyableExtent, IsNotOneWithAGrainAmongItsTables) {
    const HostedImage image = usual();
    Image bytes = image.bytes();
    put64(bytes, HostedField::kOverhead, 1);
    put32(bytes, image.entry(3), image.table(1));
    put32(bytes, image.redundant_entry(3), image.table(1));
    const TempFolder folder;
    const auto copyable = [&] {
        if (open(folder, bytes)->copyable_header() != nullptr) return;
        throw Error{VIX_E_DISK_NEEDSREPAIR, "refused or at least not copied"};
    };
    EXPECT_EQ(code_of(copyable), VIX_E_DISK_NEEDSREPAIR);
}

// VMware allows grains of 4 KiB and more.
TEST(CopyableExtent, IsNotOneWithGrainsThatVmwareWouldRefuse) {
    HostedImage image = usual();
    image.grain_sectors = 1;
    image.capacity = 1024;
    EXPECT_FALSE(is_copyable(image.bytes(), 1024));
}

}  // namespace
}  // namespace vix::format::vmdk::redundant_tables_test
