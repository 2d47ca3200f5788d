#include "format/vmdk/sparse_editor.h"

#include <gtest/gtest.h>

#include "testing/disks/extents.h"
#include "testing/disks/hosted_image.h"
#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"

namespace vix::format::vmdk {
namespace {

using testing::code_of;
using testing::content;
using testing::get32;
using testing::HostedField;
using testing::HostedImage;
using testing::Image;
using testing::kSector;
using testing::read_file;
using testing::TempFolder;

constexpr std::uint64_t kGrainBytes = 128 * kSector;

std::shared_ptr<io::File> write_extent(const TempFolder& folder, const Image& bytes) {
    return std::make_shared<io::File>(io::File::open_writable(folder.write("x.vmdk", bytes)));
}

// One grain of a few.
HostedImage image_with_a_grain() {
    HostedImage image;
    image.grains = {{2, 'a'}};
    return image;
}

// As a merge does: data first, then the tables.
void fill(SparseEditor& editor, std::uint64_t grain, char character) {
    const auto place = editor.place(grain);
    editor.file()->write_at(place.offset, io::as_bytes(content(character, grain * 128, 128)));
}

std::string read_back(const TempFolder& folder, std::uint64_t capacity) {
    const TempFolder copy;
    auto extent =
        testing::open_image(copy, read_file(folder / "x.vmdk"), ExtentType::Sparse, capacity);
    return testing::content_of(*extent);
}

TEST(SparseEditor, FindsAGrainWhereItIs) {
    const TempFolder folder;
    HostedImage image = image_with_a_grain();
    SparseEditor editor{write_extent(folder, image.bytes()), image.capacity};
    const auto place = editor.place(2);
    EXPECT_EQ(place.offset, image.place_of_grain(2) * kSector);
    EXPECT_FALSE(place.fresh);
    EXPECT_EQ(read_file(folder / "x.vmdk"), image.bytes());
}

TEST(SparseEditor, PlacesANewGrainBehindAllOthersOnce) {
    const TempFolder folder;
    HostedImage image = image_with_a_grain();
    SparseEditor editor{write_extent(folder, image.bytes()), image.capacity};
    const auto first = editor.place(5);
    const auto again = editor.place(5);
    EXPECT_TRUE(first.fresh);
    EXPECT_GE(first.offset, image.place_of_grain(2) * kSector + kGrainBytes);
    EXPECT_EQ(first.offset % kGrainBytes, 0U);
    EXPECT_FALSE(again.fresh);
    EXPECT_EQ(again.offset, first.offset);
}

TEST(SparseEditor, ChangesNoTableBeforeItIsCommitted) {
    const TempFolder folder;
    HostedImage image = image_with_a_grain();
    SparseEditor editor{write_extent(folder, image.bytes()), image.capacity};
    fill(editor, 5, 'n');
    EXPECT_EQ(read_file(folder / "x.vmdk").substr(0, image.bytes().size()), image.bytes());
    EXPECT_EQ(read_back(folder, image.capacity), image.disk_content());
}

TEST(SparseEditor, WritesBothCopiesOfTheTables) {
    const TempFolder folder;
    HostedImage image = image_with_a_grain();
    SparseEditor editor{write_extent(folder, image.bytes()), image.capacity};
    fill(editor, 5, 'n');
    const std::uint64_t sector = editor.place(5).offset / kSector;
    editor.commit();
    const Image bytes = read_file(folder / "x.vmdk");
    EXPECT_EQ(get32(bytes, image.entry(5)), sector);
    EXPECT_EQ(get32(bytes, image.redundant_entry(5)), sector);
    image.grains[5] = 'n';
    EXPECT_EQ(read_back(folder, image.capacity), image.disk_content());
}

// Other products omit tables that have no entries yet.
TEST(SparseEditor, MakesATableThatIsMissing) {
    const TempFolder folder;
    HostedImage image;
    image.capacity = 2 * 512 * 128;
    image.grains = {{1, 'a'}};
    Image bytes = image.bytes();
    testing::put32(bytes, image.directory() * kSector + 4, 0);
    testing::put32(bytes, image.redundant_directory() * kSector + 4, 0);
    SparseEditor editor{write_extent(folder, bytes), image.capacity};
    fill(editor, 700, 'n');
    editor.commit();
    const Image changed = read_file(folder / "x.vmdk");
    EXPECT_NE(get32(changed, image.directory() * kSector + 4), 0U);
    EXPECT_NE(get32(changed, image.redundant_directory() * kSector + 4),
              get32(changed, image.directory() * kSector + 4));
    image.grains[700] = 'n';
    EXPECT_EQ(read_back(folder, image.capacity), image.disk_content());
}

TEST(SparseEditor, GivesAZeroedGrainAPlace) {
    const TempFolder folder;
    HostedImage image;
    image.version = 2;
    image.flags = 7;
    image.zeroed_grains = {3};
    SparseEditor editor{write_extent(folder, image.bytes()), image.capacity};
    EXPECT_TRUE(editor.place(3).fresh);
}

TEST(SparseEditor, RefusesACompressedExtent) {
    const TempFolder folder;
    HostedImage image;
    image.flags = 0x10003;
    Image bytes = image.bytes();
    testing::put16(bytes, HostedField::kCompression, 1);
    const auto file = write_extent(folder, bytes);
    EXPECT_EQ(code_of([&] { SparseEditor(file, image.capacity); }), VIX_E_DISK_NOTSUPPORTED);
}

// As if the process had been killed while it wrote the tables.
TEST(SparseEditor, MendsRedundantTablesThatDiffer) {
    const TempFolder folder;
    HostedImage image = image_with_a_grain();
    Image bytes = image.bytes();
    testing::put32(bytes, image.redundant_entry(2), 0);
    SparseEditor editor{write_extent(folder, bytes), image.capacity};
    EXPECT_EQ(read_file(folder / "x.vmdk"), bytes);
    editor.commit();
    EXPECT_EQ(read_file(folder / "x.vmdk"), image.bytes());
}

TEST(SparseEditor, MendsRedundantTablesWithoutAWrite) {
    const TempFolder folder;
    HostedImage image = image_with_a_grain();
    image.version = 3;  // change tracking
    Image bytes = image.bytes();
    testing::put32(bytes, image.redundant_entry(2), 0);
    { SparseEditor{write_extent(folder, bytes), image.capacity}.mend(); }
    image.version = 1;
    EXPECT_EQ(read_file(folder / "x.vmdk"), image.bytes());
}

TEST(SparseEditor, WritesOverNothingWhereARedundantTableShouldBe) {
    const TempFolder folder;
    const HostedImage image = image_with_a_grain();
    Image bytes = image.bytes();
    for (const std::uint64_t sector :
         {image.place_of_grain(2), image.table(0), image.directory()}) {
        testing::put32(bytes, image.redundant_directory() * kSector, sector);
        const TempFolder other;
        const auto file = write_extent(other, bytes);
        const auto edit = [&] {
            SparseEditor editor{file, image.capacity};
            editor.commit();
        };
        const ErrorCode code = code_of(edit);
        EXPECT_TRUE(code == VIX_E_DISK_NOTSUPPORTED || sector == image.table(0)) << sector;
        EXPECT_EQ(read_file(other / "x.vmdk"), bytes);
    }
}

// Nothing tracks what the editor changes.
TEST(SparseEditor, LowersTheVersionOfChangeTrackingBeforeItWrites) {
    const TempFolder folder;
    HostedImage image = image_with_a_grain();
    image.version = 3;
    SparseEditor editor{write_extent(folder, image.bytes()), image.capacity};
    EXPECT_EQ(get32(read_file(folder / "x.vmdk"), HostedField::kVersion), 3U);
    editor.place(2);
    EXPECT_EQ(get32(read_file(folder / "x.vmdk"), HostedField::kVersion), 1U);
}

// A power loss may leave the file at its old size; then no directory may point beyond its end.
TEST(SparseEditor, HasTheRoomForANewTableBeforeItCommits) {
    const TempFolder folder;
    HostedImage image;
    image.capacity = 200000;
    Image bytes = image.bytes();
    testing::put32(bytes, image.directory() * kSector + 4, 0);
    testing::put32(bytes, image.redundant_directory() * kSector + 4, 0);
    SparseEditor editor{write_extent(folder, bytes), image.capacity};
    fill(editor, 700, 'n');
    const std::uint64_t size = editor.file()->size();
    editor.commit();
    EXPECT_EQ(editor.file()->size(), size);
}

TEST(SparseEditor, MakesARedundantTableThatIsMissing) {
    const TempFolder folder;
    const HostedImage image = image_with_a_grain();
    Image bytes = image.bytes();
    testing::put32(bytes, image.redundant_directory() * kSector, 0);
    SparseEditor editor{write_extent(folder, bytes), image.capacity};
    editor.commit();
    EXPECT_EQ(read_file(folder / "x.vmdk").substr(0, kSector), bytes.substr(0, kSector));
    EXPECT_NE(get32(read_file(folder / "x.vmdk"), image.redundant_directory() * kSector), 0U);
    EXPECT_EQ(read_back(folder, image.capacity), image.disk_content());
}

TEST(SparseEditor, RefusesTablesThatWereWorkedAround) {
    const TempFolder folder;
    const HostedImage image = image_with_a_grain();
    Image bytes = image.bytes();
    testing::put32(bytes, image.entry(2), 0x7FFFFFFF);  // the redundant copy is used
    const auto file = write_extent(folder, bytes);
    EXPECT_EQ(code_of([&] { SparseEditor(file, image.capacity); }), VIX_E_DISK_NOTSUPPORTED);
}

}  // namespace
}  // namespace vix::format::vmdk
