#include "format/vmdk/table_places.h"

#include <gtest/gtest.h>

#include "format/vmdk/extent.h"
#include "testing/disks/alike.h"
#include "testing/disks/extents.h"
#include "testing/disks/hosted_image.h"
#include "testing/process/failure.h"

namespace vix::format::vmdk {
namespace {

using testing::HostedField;
using testing::HostedImage;
using testing::Image;
using testing::kSector;
using testing::TempFolder;

// Three tables, with one grain in the second.
HostedImage three_tables() {
    HostedImage image;
    image.capacity = 200000;
    image.grains = {{600, 'a'}};
    return image;
}

void drop_table(Image& bytes, std::uint64_t directory, std::uint64_t index) {
    testing::put32(bytes, directory * kSector + index * 4, 0);
}

Image without_tables(const HostedImage& image) {
    Image bytes = image.bytes();
    for (const std::uint64_t index : {0, 2}) {
        drop_table(bytes, image.directory(), index);
        drop_table(bytes, image.redundant_directory(), index);
    }
    return bytes;
}

class Places : public ::testing::Test {
  protected:
    void open(const Image& bytes, std::uint64_t capacity) {
        file_ = std::make_shared<io::File>(io::File::open_writable(folder_.write("a", bytes)));
        capacity_ = capacity;
    }
    TablePlaces places() const { return {*file_, hosted_map(*file_, capacity_)}; }
    std::string overlap() const {
        GrainTables tables{file_, hosted_map(*file_, capacity_)};
        return places().overlap(tables).value_or("");
    }
    std::string content() const {
        const auto line = testing::extent_line(ExtentType::Sparse, capacity_);
        return testing::content_of(*open_extent(line, file_));
    }

    TempFolder folder_;
    std::shared_ptr<io::File> file_;
    std::uint64_t capacity_ = 0;
};

TEST_F(Places, OfTheUsualLayoutAreApart) {
    const HostedImage image = three_tables();
    open(image.bytes(), image.capacity);
    EXPECT_FALSE(places().incomplete());
    EXPECT_EQ(overlap(), "");
}

TEST_F(Places, AreCompletedAndReadAsBefore) {
    const HostedImage image = three_tables();
    open(without_tables(image), image.capacity);
    EXPECT_TRUE(places().incomplete());
    places().complete(*file_, io::Durability::Unsynced);
    EXPECT_FALSE(places().incomplete());
    EXPECT_EQ(overlap(), "");
    EXPECT_TRUE(testing::alike(content(), image.disk_content()));
    GrainTables tables{file_, hosted_map(*file_, image.capacity)};
    EXPECT_TRUE(tables.copies_agree());
}

TEST_F(Places, AMissingCopyIsMadeOfThePrimaryTable) {
    const HostedImage image = three_tables();
    Image bytes = image.bytes();
    drop_table(bytes, image.redundant_directory(), 1);
    open(bytes, image.capacity);
    EXPECT_TRUE(places().incomplete());
    places().complete(*file_, io::Durability::Unsynced);
    GrainTables tables{file_, hosted_map(*file_, image.capacity)};
    EXPECT_TRUE(tables.copies_agree());
    EXPECT_TRUE(testing::alike(content(), image.disk_content()));
}

// As after a power loss between writing the two directories.
TEST_F(Places, AreCompletedAfterACrashInBetween) {
    const HostedImage image = three_tables();
    const Image before = without_tables(image);
    open(before, image.capacity);
    places().complete(*file_, io::Durability::Unsynced);
    Image halfway = testing::read_file(folder_ / "a");
    const std::uint64_t at = image.redundant_directory() * kSector;
    halfway.replace(at, 12, before.substr(at, 12));
    open(halfway, image.capacity);
    EXPECT_TRUE(testing::alike(content(), image.disk_content()));
    places().complete(*file_, io::Durability::Unsynced);
    EXPECT_FALSE(places().incomplete());
    EXPECT_TRUE(testing::alike(content(), image.disk_content()));
}

TEST_F(Places, ARedundantTableOnAGrainIsFound) {
    const HostedImage image = three_tables();
    Image bytes = image.bytes();
    testing::put32(bytes, image.redundant_directory() * kSector, image.place_of_grain(600) + 4);
    open(bytes, image.capacity);
    EXPECT_NE(overlap(), "");
}

TEST_F(Places, ARedundantTableOnAnotherOneIsFound) {
    const HostedImage image = three_tables();
    for (const std::uint64_t sector :
         {image.redundant_table(2), image.table(2) + 1, image.directory(), std::uint64_t{1}}) {
        Image bytes = image.bytes();
        testing::put32(bytes, image.redundant_directory() * kSector, sector);
        open(bytes, image.capacity);
        EXPECT_NE(overlap(), "") << sector;
    }
}

TEST_F(Places, ARedundantTableBehindTheFileIsFound) {
    const HostedImage image = three_tables();
    Image bytes = image.bytes();
    testing::put32(bytes, image.redundant_directory() * kSector, bytes.size() / kSector + 100);
    open(bytes, image.capacity);
    EXPECT_NE(overlap(), "");
}

TEST_F(Places, OneDirectoryForBothCopiesIsSound) {
    const HostedImage image = three_tables();
    Image bytes = image.bytes();
    testing::put64(bytes, HostedField::kRedundantDirectory, image.directory());
    open(bytes, image.capacity);
    EXPECT_EQ(overlap(), "");
}

}  // namespace
}  // namespace vix::format::vmdk
