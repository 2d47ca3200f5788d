#include "vm/disks/chain_reader.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "testing/disks/alike.h"
#include "testing/disks/extents.h"
#include "testing/disks/hosted_image.h"
#include "testing/machines/machines.h"
#include "testing/process/failure.h"

namespace vix::vm {
namespace {

namespace fs = boost::filesystem;
using testing::alike;
using testing::code_of;
using testing::content;
using testing::content_of;
using testing::DescriptorText;
using testing::HostedImage;
using testing::kSector;
using testing::mono_disk;
using testing::TempFolder;

std::string read_disk(const fs::path& path, const Settings& settings = {}) {
    const Disk disk = open_disk(path, {}, settings);
    ChainReader reader{disk, settings};
    return content_of(reader, disk.capacity_sectors);
}

ErrorCode code_for(const fs::path& path) {
    return code_of([&] { read_disk(path); });
}

// Writes a descriptor "a.vmdk" with these extents.
fs::path write_text_disk(const TempFolder& folder, const std::vector<std::string>& extents) {
    DescriptorText descriptor;
    descriptor.create_type = "custom";
    descriptor.extents = extents;
    return folder.write("a.vmdk", descriptor.text());
}

TEST(ChainReader, ReadsADiskWithoutParent) {
    const TempFolder folder;
    const fs::path path = folder.write("a.vmdk", mono_disk("a.vmdk", 'a', 1));
    std::string expected(1024 * kSector, '\0');
    expected.replace(128 * kSector, 128 * kSector, content('a', 128, 128));
    EXPECT_TRUE(alike(read_disk(path), expected));
}

TEST(ChainReader, ReadsAnEmbeddedExtentWhateverItIsCalledInIt) {
    const TempFolder folder;
    const fs::path path = folder.write("renamed.vmdk", mono_disk("old name.vmdk", 'a', 1));
    EXPECT_EQ(read_disk(path).substr(128 * kSector, kSector), content('a', 128, 1));
}

TEST(ChainReader, TopmostLinkShadowsThoseBelow) {
    const TempFolder folder;
    folder.write("base.vmdk", mono_disk("base.vmdk", 'b', 1, 1));
    folder.write("mid.vmdk", mono_disk("mid.vmdk", 'm', 2, 2, "base.vmdk", 1));
    const fs::path top = folder.write("top.vmdk", mono_disk("top.vmdk", 't', 1, 3, "mid.vmdk", 2));
    const std::string disk = read_disk(top);
    EXPECT_EQ(disk.substr(128 * kSector, kSector), content('t', 128, 1));
    EXPECT_EQ(disk.substr(256 * kSector, kSector), content('m', 256, 1));
    EXPECT_EQ(disk.substr(384 * kSector, kSector), std::string(kSector, '\0'));
}

TEST(ChainReader, ZeroedGrainsShadowTheParent) {
    const TempFolder folder;
    folder.write("base.vmdk", mono_disk("base.vmdk", 'b', 1, 1));
    DescriptorText descriptor;
    descriptor.parent_cid = 1;
    descriptor.parent_hint = "base.vmdk";
    descriptor.extents = {"RW 1024 SPARSE \"top.vmdk\""};
    HostedImage image;
    image.flags = 7;
    image.zeroed_grains = {1};
    image.descriptor = descriptor.text();
    const fs::path top = folder.write("top.vmdk", image.bytes());
    EXPECT_TRUE(alike(read_disk(top), std::string(1024 * kSector, '\0')));
}

TEST(ChainReader, NeverAnswersUnallocated) {
    const TempFolder folder;
    const Disk disk =
        open_disk(folder.write("a.vmdk", mono_disk("a.vmdk", 'a', 1)), {}, Settings{});
    const Settings settings;
    ChainReader reader{disk, settings};
    const ChainRun found = reader.run_at(0);
    EXPECT_EQ(found.run.kind, format::vmdk::Run::Kind::Zero);
    EXPECT_EQ(found.run.sectors, 128U);
    EXPECT_EQ(found.extent, nullptr);
}

TEST(ChainReader, ReadsAcrossTheBordersOfExtents) {
    const TempFolder folder;
    folder.write("a-f001.vmdk", content('f', 0, 100));
    folder.write("a-f002.vmdk", content('f', 100, 28));
    const fs::path path = write_text_disk(
        folder, {"RW 100 FLAT \"a-f001.vmdk\" 0", "RW 28 FLAT \"a-f002.vmdk\" 0", "RW 10 ZERO"});
    EXPECT_TRUE(alike(read_disk(path), content('f', 0, 128) + std::string(10 * kSector, '\0')));
}

TEST(ChainReader, ExtentsOfAChildMayEndElsewhereThanThoseOfItsParent) {
    const TempFolder folder;
    folder.write("base-f001.vmdk", content('b', 0, 700));
    folder.write("base-f002.vmdk", content('b', 700, 324));
    DescriptorText base;
    base.cid = 1;
    base.create_type = "twoGbMaxExtentFlat";
    base.extents = {"RW 700 FLAT \"base-f001.vmdk\" 0", "RW 324 FLAT \"base-f002.vmdk\" 0"};
    folder.write("base.vmdk", base.text());
    const fs::path top = folder.write("top.vmdk", mono_disk("top.vmdk", 't', 5, 2, "base.vmdk", 1));
    std::string expected = content('b', 0, 1024);
    expected.replace(640 * kSector, 128 * kSector, content('t', 640, 128));
    EXPECT_TRUE(alike(read_disk(top), expected));
}

TEST(ChainReader, OpensExtentsWhenItComesToThem) {
    const TempFolder folder;
    folder.write("a-f001.vmdk", content('f', 0, 100));
    const Disk disk = open_disk(
        write_text_disk(folder, {"RW 100 FLAT \"a-f001.vmdk\" 0", "RW 28 FLAT \"missing.vmdk\" 0"}),
        {}, {});
    const Settings settings;
    ChainReader reader{disk, settings};
    EXPECT_EQ(reader.run_at(0).run.sectors, 100U);
    EXPECT_EQ(code_of([&] { reader.run_at(100); }), VIX_E_FILE_NOT_FOUND);
}

TEST(ChainReader, MayBeAskedFromWithinARun) {
    const TempFolder folder;
    folder.write("a-f001.vmdk", content('f', 0, 100));
    const Disk disk = open_disk(write_text_disk(folder, {"RW 100 FLAT \"a-f001.vmdk\" 0"}), {}, {});
    const Settings settings;
    ChainReader reader{disk, settings};
    reader.run_at(0);
    const ChainRun found = reader.run_at(30);
    EXPECT_EQ(found.run.sectors, 70U);
    EXPECT_EQ(found.run.file_offset, 30U * kSector);
}

// A flat disk of two extents.
Disk split_disk(const TempFolder& folder) {
    folder.write("a-f001.vmdk", content('f', 0, 100));
    folder.write("a-f002.vmdk", content('f', 100, 100));
    return open_disk(
        write_text_disk(folder, {"RW 100 FLAT \"a-f001.vmdk\" 0", "RW 100 FLAT \"a-f002.vmdk\" 0"}),
        {}, {});
}

TEST(ChainReader, GoingBackOpensAnew) {
    const TempFolder folder;
    const Disk disk = split_disk(folder);
    const Settings settings;
    ChainReader reader{disk, settings};
    reader.run_at(150);
    EXPECT_EQ(reader.run_at(50).extent->file()->path(), folder / "a-f001.vmdk");
    EXPECT_TRUE(alike(content_of(reader, 200), content('f', 0, 200)));
}

TEST(ChainReader, AskedForAnExtentInBetweenStillAnswersForTheFirst) {
    const TempFolder folder;
    const Disk disk = split_disk(folder);
    const Settings settings;
    ChainReader reader{disk, settings};
    reader.run_at(0);
    EXPECT_NE(reader.extent_of(100, 100), nullptr);
    EXPECT_EQ(reader.run_at(50).extent->file()->path(), folder / "a-f001.vmdk");
}

TEST(ChainReader, GivesAnExtentThatMatches) {
    const TempFolder folder;
    folder.write("a-f001.vmdk", content('f', 0, 100));
    const Disk disk =
        open_disk(write_text_disk(folder, {"RW 100 FLAT \"a-f001.vmdk\" 0", "RW 5 ZERO"}), {}, {});
    const Settings settings;
    ChainReader reader{disk, settings};
    EXPECT_NE(reader.extent_of(0, 100), nullptr);
    EXPECT_EQ(reader.extent_of(0, 99), nullptr);
    EXPECT_EQ(reader.extent_of(1, 99), nullptr);
    EXPECT_EQ(reader.extent_of(0, 105), nullptr);
}

TEST(ChainReader, GivesNoExtentOfAChain) {
    const TempFolder folder;
    folder.write("base.vmdk", mono_disk("base.vmdk", 'b', 1, 1));
    const Disk disk = open_disk(
        folder.write("top.vmdk", mono_disk("top.vmdk", 't', 1, 2, "base.vmdk", 1)), {}, Settings{});
    const Settings settings;
    ChainReader reader{disk, settings};
    EXPECT_EQ(reader.extent_of(0, 1024), nullptr);
}

TEST(ChainReader, AnExtentWithoutAccessIsNotSupported) {
    const TempFolder folder;
    folder.write("x", content('f', 0, 8));
    EXPECT_EQ(code_for(write_text_disk(folder, {"NOACCESS 8 FLAT \"x\" 0"})),
              VIX_E_DISK_NOTSUPPORTED);
}

TEST(ChainReader, AnExtentCutShortNeedsRepair) {
    const TempFolder folder;
    folder.write("x", content('f', 0, 7));
    EXPECT_EQ(code_for(write_text_disk(folder, {"RW 8 FLAT \"x\" 0"})), VIX_E_DISK_NEEDSREPAIR);
}

TEST(ChainReader, PartsOfOneFlatFileMayBeExtents) {
    const TempFolder folder;
    folder.write("x", content('f', 0, 100));
    const fs::path path =
        write_text_disk(folder, {"RW 60 FLAT \"x\" 40", "RW 5 ZERO", "RW 40 FLAT \"x\" 0"});
    EXPECT_TRUE(alike(read_disk(path),
                      content('f', 40, 60) + std::string(5 * kSector, '\0') + content('f', 0, 40)));
}

TEST(ChainReader, ExtentsThatOverlapInOneFileNeedRepair) {
    const TempFolder folder;
    folder.write("x", content('f', 0, 100));
    EXPECT_EQ(code_for(write_text_disk(folder, {"RW 60 FLAT \"x\" 40", "RW 41 FLAT \"x\" 0"})),
              VIX_E_DISK_NEEDSREPAIR);
}

TEST(ChainReader, OneSparseFileTwiceNeedsRepair) {
    const TempFolder folder;
    folder.write("x", HostedImage{}.bytes());
    EXPECT_EQ(code_for(write_text_disk(folder, {"RW 1024 SPARSE \"x\"", "RW 1024 SPARSE \"x\""})),
              VIX_E_DISK_NEEDSREPAIR);
}

// A small file must not pass for a large disk, whatever names refer to it.
TEST(ChainReader, OneFileUnderTwoNamesNeedsRepair) {
    const TempFolder folder;
    folder.write("x", content('f', 0, 100));
    fs::create_hard_link(folder / "x", folder / "y");
    EXPECT_EQ(code_for(write_text_disk(folder, {"RW 100 FLAT \"x\" 0", "RW 100 FLAT \"./x\" 0"})),
              VIX_E_DISK_NEEDSREPAIR);
    EXPECT_EQ(code_for(write_text_disk(folder, {"RW 100 FLAT \"x\" 0", "RW 100 FLAT \"X\" 0"})),
              VIX_E_DISK_NEEDSREPAIR);
    EXPECT_EQ(code_for(write_text_disk(folder, {"RW 100 FLAT \"x\" 0", "RW 100 FLAT \"y\" 0"})),
              VIX_E_DISK_NEEDSREPAIR);
}

}  // namespace
}  // namespace vix::vm
