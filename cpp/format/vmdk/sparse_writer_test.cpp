#include "format/vmdk/sparse_writer.h"

#include <gtest/gtest.h>

#include "format/vmdk/extent.h"
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
using testing::get32;
using testing::get64;
using testing::HostedField;
using testing::Image;
using testing::kSector;
using testing::read_file;
using testing::TempFolder;

std::shared_ptr<io::File> new_file(const TempFolder& folder) {
    return std::make_shared<io::File>(io::File::create(folder / "x.vmdk", 0600));
}

// An extent without allocated grains.
Image empty_extent(std::uint64_t capacity, const std::string& descriptor = {}) {
    const TempFolder folder;
    SparseWriter writer{new_file(folder), capacity, descriptor};
    writer.finish();
    return read_file(folder / "x.vmdk");
}

// In the directories, Workstation writes further entries after the last table, up to the end of
// their sectors.
Image without_entries_behind_the_last_table(Image image) {
    testing::put_bytes(image, kSector + 5 * 4, std::string(kSector - 5 * 4, '\0'));
    testing::put_bytes(image, 22 * kSector + 5 * 4, std::string(kSector - 5 * 4, '\0'));
    return image;
}

TEST(SparseWriter, WritesAnEmptyExtentAsWorkstationDoes) {
    const Image sample = read_file(testing::sample_file("suspended/Mail Gate-s006.vmdk"));
    EXPECT_TRUE(alike(empty_extent(327680), without_entries_behind_the_last_table(sample)));
}

TEST(SparseWriter, WritesAnEmptyExtentAsTheRealOneIs) {
    const std::string name = "suspended/Ubuntu 64-bit-s006.vmdk";
    const auto real = testing::real_folder() / name;
    if (!boost::filesystem::exists(real)) GTEST_SKIP() << testing::no_real_file(name);
    EXPECT_TRUE(
        alike(empty_extent(327680), without_entries_behind_the_last_table(read_file(real))));
}

TEST(SparseWriter, LaysOutAFullSplitExtentAsWorkstationDoes) {
    const Image bytes = empty_extent(8323072);
    EXPECT_EQ(bytes.size(), 524288U);
    EXPECT_EQ(get64(bytes, HostedField::kRedundantDirectory), 1U);
    EXPECT_EQ(get64(bytes, HostedField::kDirectory), 510U);
    EXPECT_EQ(get64(bytes, HostedField::kOverhead), 1024U);
    EXPECT_EQ(get32(bytes, 1 * kSector), 2U);
    EXPECT_EQ(get32(bytes, 1 * kSector + 126 * 4), 2U + 126 * 4);
    EXPECT_EQ(get32(bytes, 510 * kSector), 511U);
}

TEST(SparseWriter, LeavesRoomForTheDescriptor) {
    const Image bytes = empty_extent(1024, "# Disk DescriptorFile\n");
    EXPECT_EQ(get64(bytes, HostedField::kDescriptorOffset), 1U);
    EXPECT_EQ(get64(bytes, HostedField::kDescriptorSize), 20U);
    EXPECT_EQ(get64(bytes, HostedField::kRedundantDirectory), 21U);
    EXPECT_EQ(bytes.substr(kSector, 23), std::string("# Disk DescriptorFile\n\0", 23));
}

TEST(SparseWriter, GivesALongDescriptorTheRoomItNeeds) {
    const std::string descriptor(30 * kSector + 1, '#');
    const Image bytes = empty_extent(1024, descriptor);
    EXPECT_EQ(get64(bytes, HostedField::kDescriptorSize), 31U);
    EXPECT_EQ(get64(bytes, HostedField::kRedundantDirectory), 32U);
    EXPECT_EQ(bytes.substr(kSector, descriptor.size()), descriptor);
}

TEST(SparseWriter, WritesTheBytesOfOurOwnBuilder) {
    const TempFolder folder;
    const auto file = new_file(folder);
    testing::HostedImage image;
    image.capacity = 2 * 512 * 128;
    image.grains = {{1, 'a'}, {700, 'b'}};
    SparseWriter writer{file, image.capacity, {}};
    file->write_at(writer.allocate(128, 128), io::as_bytes(content('a', 128, 128)));
    file->write_at(writer.allocate(700 * 128, 128), io::as_bytes(content('b', 700 * 128, 128)));
    writer.finish();
    EXPECT_TRUE(alike(read_file(folder / "x.vmdk"), image.bytes()));
}

TEST(SparseWriter, PartsOfGrainsComeToLieInOneGrain) {
    const TempFolder folder;
    SparseWriter writer{new_file(folder), 1024, {}};
    const std::uint64_t first = writer.allocate(130, 10);
    EXPECT_EQ(first % (128 * kSector), 2 * kSector);
    EXPECT_EQ(writer.allocate(200, 5), first + 70 * kSector);
}

TEST(SparseWriter, AStretchOverSeveralGrainsLiesTogether) {
    const TempFolder folder;
    const auto file = new_file(folder);
    SparseWriter writer{file, 1024, {}};
    const std::uint64_t head = writer.allocate(100, 8);
    const std::uint64_t place = writer.allocate(120, 300);
    EXPECT_EQ(place, head + 20 * kSector);
    file->write_at(place, io::as_bytes(content('x', 120, 300)));
    writer.finish();
    const auto extent = open_extent(testing::extent_line(ExtentType::Sparse, 1024), file);
    EXPECT_TRUE(
        alike(content_of(*extent).substr(120 * kSector, 300 * kSector), content('x', 120, 300)));
}

TEST(SparseWriter, TablesOfNothingStayHoles) {
    const TempFolder folder;
    const auto file = new_file(folder);
    SparseWriter writer{file, std::uint64_t{1} << 31, {}};  // 1 TiB
    writer.finish();
    const std::uint64_t tables_at = (1 + 256) * kSector;
    EXPECT_GT(file->next_data(tables_at + 4096).value_or(0), tables_at + (std::uint64_t{32} << 20));
    EXPECT_EQ(code_of([&] {
                  open_extent(testing::extent_line(ExtentType::Sparse, std::uint64_t{1} << 31),
                              file);
              }),
              VIX_OK);
}

// The tables alone take two TiB, so the first grain would lie beyond what an entry can express.
TEST(SparseWriter, RefusesGrainsBehindTwoTebibytes) {
    const TempFolder folder;
    SparseWriter writer{new_file(folder), std::uint64_t{1} << 45, {}};
    EXPECT_EQ(code_of([&] { writer.allocate(0, 1); }), VIX_E_FILE_TOO_BIG);
}

TEST(SparseWriter, WhatItWroteIsRead) {
    const TempFolder folder;
    const auto file = new_file(folder);
    SparseWriter writer{file, 100000, "# x\n"};
    file->write_at(writer.allocate(5, 3), io::as_bytes(content('a', 5, 3)));
    file->write_at(writer.allocate(65530, 20), io::as_bytes(content('b', 65530, 20)));
    file->write_at(writer.allocate(99999, 1), io::as_bytes(content('c', 99999, 1)));
    writer.finish();
    std::string expected(100000 * kSector, '\0');
    testing::put_bytes(expected, 5 * kSector, content('a', 5, 3));
    testing::put_bytes(expected, 65530 * kSector, content('b', 65530, 20));
    testing::put_bytes(expected, 99999 * kSector, content('c', 99999, 1));
    const auto extent = open_extent(testing::extent_line(ExtentType::Sparse, 100000), file);
    EXPECT_TRUE(alike(content_of(*extent), expected));
    EXPECT_NE(extent->copyable_header(), nullptr);
}

HostedHeader header_of(const Image& bytes) {
    HostedHeader header;
    std::copy_n(bytes.data(), sizeof header, reinterpret_cast<char*>(&header));
    return header;
}

// A copy of `image` with a rewritten descriptor.
Image rewritten(const testing::HostedImage& image, bool zeroed_grains,
                const std::string& descriptor) {
    const TempFolder folder;
    const auto copy = new_file(folder);
    copy->write_at(0, io::as_bytes(image.bytes()));
    rewrite_descriptor(*copy, header_of(image.bytes()), zeroed_grains, descriptor);
    return read_file(folder / "x.vmdk");
}

TEST(RewriteDescriptor, ReplacesTheTextAlone) {
    testing::HostedImage image;
    image.descriptor = std::string(2000, 'o');
    const Image bytes = rewritten(image, false, "new");
    image.descriptor = "new";
    EXPECT_EQ(bytes, image.bytes());
}

TEST(RewriteDescriptor, LeavesNoneWhereNoneIsWanted) {
    testing::HostedImage image;
    image.descriptor = "old";
    const Image bytes = rewritten(image, false, "");
    EXPECT_EQ(get64(bytes, HostedField::kDescriptorOffset), 0U);
    EXPECT_EQ(get64(bytes, HostedField::kDescriptorSize), 0U);
}

TEST(RewriteDescriptor, GivesTheLowestVersionThatWillDo) {
    testing::HostedImage image;
    image.version = 3;
    EXPECT_EQ(get32(rewritten(image, false, ""), HostedField::kVersion), 1U);
    EXPECT_EQ(get32(rewritten(image, true, ""), HostedField::kVersion), 2U);
}

// With an embedded descriptor of the usual size, the directories begin at sector 21.
HostedHeader header_with_descriptor() {
    testing::HostedImage image;
    image.descriptor = "old";
    return header_of(image.bytes());
}

TEST(DescriptorFits, WhereThereIsRoom) {
    const HostedHeader header = header_with_descriptor();
    EXPECT_TRUE(descriptor_fits(header, 21, std::string(20 * kSector, 'x')));
    EXPECT_FALSE(descriptor_fits(header, 21, std::string(20 * kSector + 1, 'x')));
}

TEST(DescriptorFits, NotWhereThereWasNone) {
    const HostedHeader header = header_of(testing::HostedImage{}.bytes());
    EXPECT_FALSE(descriptor_fits(header, 1, "x"));
    EXPECT_TRUE(descriptor_fits(header, 1, ""));
}

TEST(DescriptorFits, NotWhereSomethingElseIs) {
    HostedHeader header = header_with_descriptor();
    EXPECT_FALSE(descriptor_fits(header, 20, "x"));
    header.descriptor_size = 21;
    EXPECT_FALSE(descriptor_fits(header, 21, "x"));
    header.descriptor_size = ~std::uint64_t{0};
    EXPECT_FALSE(descriptor_fits(header, 21, "x"));
}

TEST(DescriptorFits, NotElsewhereThanBehindTheHeader) {
    HostedHeader header = header_with_descriptor();
    header.descriptor_offset = 2;
    EXPECT_FALSE(descriptor_fits(header, 23, "x"));
}

}  // namespace
}  // namespace vix::format::vmdk
