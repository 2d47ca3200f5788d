// Tests chains: how a parent is found, and which chains are refused.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/filesystem/operations.hpp>

#include "testing/disks/hosted_image.h"
#include "testing/machines/machines.h"
#include "testing/process/failure.h"
#include "vm/disks/disk.h"

namespace vix::vm {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::contains;
using testing::DescriptorText;
using testing::detail_of;
using testing::mono_disk;
using testing::TempFolder;

constexpr std::uint32_t kBase = 0x11111111;
constexpr std::uint32_t kTop = 0x22222222;

void write_base(const TempFolder& folder, const std::string& name = "base.vmdk") {
    folder.write(name, mono_disk("base.vmdk", 'b', 1, kBase));
}

void write_top(const TempFolder& folder, const std::string& hint = "base.vmdk",
               std::uint32_t parent_cid = kBase) {
    folder.write("top.vmdk", mono_disk("top.vmdk", 't', 2, kTop, hint, parent_cid));
}

Disk open_top(const TempFolder& folder, const std::vector<fs::path>& search = {},
              const Settings& settings = {}) {
    return open_disk(folder / "top.vmdk", search, settings);
}

ErrorCode code_for_top(const TempFolder& folder) {
    return code_of([&] { open_top(folder); });
}

TEST(DiskChain, ReachesFromTheDiskToItsBase) {
    const TempFolder folder;
    write_base(folder);
    write_top(folder);
    const Disk disk = open_top(folder);
    ASSERT_EQ(disk.chain.size(), 2U);
    EXPECT_EQ(disk.chain[0].path, folder / "top.vmdk");
    EXPECT_EQ(disk.chain[1].path, folder / "base.vmdk");
}

TEST(DiskChain, IsOfTheClassOfItsBase) {
    const TempFolder folder;
    DescriptorText base;
    base.create_type = "twoGbMaxExtentFlat";
    base.extents = {"RW 1024 FLAT \"base-f001.vmdk\" 0"};
    folder.write("base.vmdk", base.text());
    write_top(folder);
    EXPECT_EQ(open_top(folder).disk_class, DiskClass::SplitFlat);
}

TEST(DiskChain, FindsAParentInAnotherFolder) {
    const TempFolder folder;
    const TempFolder other;
    write_base(other);
    write_top(folder, (other / "base.vmdk").string());
    EXPECT_EQ(open_top(folder).chain[1].path, other / "base.vmdk");
}

TEST(DiskChain, IsNoMoreReadableThanAnyOfItsLinks) {
    const TempFolder folder;
    write_base(folder);
    write_top(folder);
    fs::permissions(folder / "base.vmdk", fs::owner_read | fs::group_read);
    fs::permissions(folder / "top.vmdk", fs::owner_read | fs::owner_write | fs::others_read);
    EXPECT_EQ(open_top(folder).permissions(), 0400U);
    EXPECT_EQ(Disk{{DiskLink{}}}.permissions(), 0600U);
}

// Writes "vm/base.vmdk" and "clone/top.vmdk", whose parent has the given content id.
void write_moved(const TempFolder& folder, const std::string& hint, std::uint32_t parent_cid) {
    fs::create_directories(folder / "vm");
    fs::create_directories(folder / "clone");
    write_base(folder, "vm/base.vmdk");
    folder.write("clone/top.vmdk", mono_disk("top.vmdk", 't', 2, kTop, hint, parent_cid));
}

TEST(DiskChain, FindsAParentThatMovedTogetherWithItsChild) {
    const TempFolder folder;
    for (const char* hint : {"/gone/vm/base.vmdk", "D:\\gone\\VM\\base.vmdk"}) {
        write_moved(folder, hint, kBase);
        const Disk disk = open_disk(folder / "clone/top.vmdk", {}, {});
        ASSERT_EQ(disk.chain.size(), 2U) << hint;
        EXPECT_EQ(disk.chain[1].path, folder / "vm/base.vmdk");
    }
}

TEST(DiskChain, FindsAMovedParentInAFolderOfTheSearchPath) {
    const TempFolder folder;
    write_moved(folder, "/elsewhere/base.vmdk", kBase);
    const Disk disk = open_disk(folder / "clone/top.vmdk", {"/gone/vm"}, {});
    ASSERT_EQ(disk.chain.size(), 2U);
    EXPECT_EQ(disk.chain[1].path, folder / "vm/base.vmdk");
}

TEST(DiskChain, BelievesAMovedParentByItsContentIdOnly) {
    const TempFolder folder;
    write_moved(folder, "/gone/vm/base.vmdk", 0x99999999);
    const auto open = [&] { open_disk(folder / "clone/top.vmdk", {}, {}); };
    EXPECT_EQ(code_of(open), VIX_E_DISK_OPENPARENT);
    EXPECT_TRUE(contains(detail_of(open), "/gone/vm/base.vmdk"));
    folder.write("vm/base.vmdk", "no disk");
    EXPECT_EQ(code_of(open), VIX_E_DISK_OPENPARENT);
}

TEST(DiskChain, OfAWholeDiskHasAllItsExtents) {
    const TempFolder folder;
    DescriptorText base;
    base.create_type = "twoGbMaxExtentFlat";
    base.extents = {"RW 512 FLAT \"base-f001.vmdk\" 0", "RW 512 FLAT \"base-f002.vmdk\" 0"};
    folder.write("base.vmdk", base.text());
    folder.write("base-f001.vmdk", "x");
    write_top(folder);
    const auto open = [&](const char* name) {
        return [&, name] { open_whole_disk(folder / name, {}, {}); };
    };
    EXPECT_EQ(code_of(open("top.vmdk")), VIX_E_DISK_OPENPARENT);
    EXPECT_TRUE(contains(detail_of(open("top.vmdk")), "base-f002.vmdk"));
    EXPECT_TRUE(contains(detail_of(open("top.vmdk")), "looked in " + folder.path().string()));
    EXPECT_EQ(code_of(open("base.vmdk")), VIX_E_FILE_NOT_FOUND);
    folder.write("base-f002.vmdk", "x");
    EXPECT_EQ(code_of(open("top.vmdk")), VIX_OK);
}

TEST(DiskChain, FindsAParentThatMovedAlong) {
    const TempFolder folder;
    write_base(folder);
    write_top(folder, "/gone/base.vmdk");
    EXPECT_EQ(open_top(folder).chain[1].path, folder / "base.vmdk");
    write_top(folder, "D:\\gone\\base.vmdk");
    EXPECT_EQ(open_top(folder).chain[1].path, folder / "base.vmdk");
}

TEST(DiskChain, FindsAParentInTheFoldersToSearch) {
    const TempFolder folder;
    const TempFolder other;
    write_base(other);
    write_top(folder, "/gone/base.vmdk");
    EXPECT_EQ(open_top(folder, {other.path()}).chain[1].path, other / "base.vmdk");
}

TEST(DiskChain, FindsAParentThroughTheDriveMap) {
    const TempFolder folder;
    const TempFolder drive;
    write_base(drive, "VMs/base.vmdk");
    write_top(folder, "D:\\vms\\base.vmdk");
    Settings settings;
    settings.path_map.map_drive('D', drive.path());
    EXPECT_EQ(open_top(folder, {}, settings).chain[1].path, drive / "VMs/base.vmdk");
}

TEST(DiskChain, WithoutItsParentTellsWhereItLooked) {
    const TempFolder folder;
    write_top(folder);
    EXPECT_EQ(code_for_top(folder), VIX_E_DISK_OPENPARENT);
    const std::string detail = detail_of([&] { open_top(folder, {"/srv/search"}); });
    EXPECT_TRUE(contains(detail, "base.vmdk"));
    EXPECT_TRUE(contains(detail, "/srv/search"));
}

TEST(DiskChain, WithoutANameForItsParentIsBroken) {
    const TempFolder folder;
    write_top(folder, "");
    EXPECT_EQ(code_for_top(folder), VIX_E_DISK_OPENPARENT);
}

TEST(DiskChain, WithAParentThatIsNoDiskIsBroken) {
    const TempFolder folder;
    folder.write("base.vmdk", "root:SECRET:");
    write_top(folder);
    EXPECT_EQ(code_for_top(folder), VIX_E_DISK_OPENPARENT);
    EXPECT_FALSE(contains(detail_of([&] { open_top(folder); }), "SECRET"));
}

TEST(DiskChain, WithAParentThatIsALinkOrFifoIsBroken) {
    const TempFolder folder;
    write_base(folder, "real.vmdk");
    fs::create_symlink("real.vmdk", folder / "base.vmdk");
    write_top(folder);
    EXPECT_EQ(code_for_top(folder), VIX_E_DISK_OPENPARENT);
    fs::remove(folder / "base.vmdk");
    ASSERT_EQ(mkfifo((folder / "base.vmdk").c_str(), 0600), 0);
    EXPECT_EQ(code_for_top(folder), VIX_E_DISK_OPENPARENT);
}

TEST(DiskChain, WithAChangedParentIsBroken) {
    const TempFolder folder;
    write_base(folder);
    write_top(folder, "base.vmdk", 0x33333333);
    EXPECT_EQ(code_for_top(folder), VIX_E_DISK_CID_MISMATCH);
}

TEST(DiskChain, WithAParentWithoutContentIdIsBroken) {
    const TempFolder folder;
    std::string base = mono_disk("base.vmdk", 'b', 1, kBase);
    base.replace(base.find("CID=11111111"), 12, "#ID=11111111");
    folder.write("base.vmdk", base);
    write_top(folder, "base.vmdk", 0);
    EXPECT_EQ(code_for_top(folder), VIX_E_DISK_CID_MISMATCH);
}

TEST(DiskChain, WithLinksOfDifferentCapacityIsBroken) {
    const TempFolder folder;
    DescriptorText base;
    base.create_type = "monolithicFlat";
    base.extents = {"RW 1023 FLAT \"base-flat.vmdk\" 0"};
    folder.write("base.vmdk", base.text());
    write_top(folder);
    EXPECT_EQ(code_for_top(folder), VIX_E_DISK_CAPACITY_MISMATCH);
}

TEST(DiskChain, OfADiskThatIsItsOwnParentIsInvalid) {
    const TempFolder folder;
    write_top(folder, "top.vmdk", kTop);
    EXPECT_EQ(code_for_top(folder), VIX_E_DISK_INVALIDCHAIN);
}

TEST(DiskChain, ThatGoesInACircleIsInvalid) {
    const TempFolder folder;
    folder.write("base.vmdk", mono_disk("base.vmdk", 'b', 1, kBase, "top.vmdk", kTop));
    write_top(folder);
    EXPECT_EQ(code_for_top(folder), VIX_E_DISK_INVALIDCHAIN);
}

TEST(DiskChain, ThatGoesInACircleUnderOtherNamesIsInvalid) {
    const TempFolder folder;
    write_top(folder, "same.vmdk", kTop);
    fs::create_hard_link(folder / "top.vmdk", folder / "same.vmdk");
    EXPECT_EQ(code_for_top(folder), VIX_E_DISK_INVALIDCHAIN);
}

void write_link(const TempFolder& folder, int number) {
    DescriptorText link;
    link.cid = static_cast<std::uint32_t>(number);
    link.extents = {"RW 1024 SPARSE \"x-s001.vmdk\""};
    link.create_type = "twoGbMaxExtentSparse";
    if (number > 1) {
        link.parent_cid = static_cast<std::uint32_t>(number - 1);
        link.parent_hint = std::to_string(number - 1) + ".vmdk";
    }
    folder.write(std::to_string(number) + ".vmdk", link.text());
}

TEST(DiskChain, OfHundredsIsTooLong) {
    const TempFolder folder;
    for (int number = 1; number <= 300; ++number) write_link(folder, number);
    EXPECT_EQ(code_of([&] { open_disk(folder / "300.vmdk", {}, {}); }), VIX_E_DISK_TOOMANYREDO);
    EXPECT_EQ(open_disk(folder / "100.vmdk", {}, {}).chain.size(), 100U);
}

TEST(DiskChain, TakesTheDataBaseFromTheTopmostLinkThatHasIt) {
    const TempFolder folder;
    DescriptorText base;
    base.extents = {"RW 1024 SPARSE \"base-s001.vmdk\""};
    base.ddb = {"ddb.adapterType = \"ide\"", "ddb.uuid = \"old\""};
    folder.write("base.vmdk", base.text());
    DescriptorText top = base;
    top.cid = kTop;
    top.parent_cid = kBase;
    top.parent_hint = "base.vmdk";
    top.ddb = {"ddb.UUID = \"new\""};
    folder.write("top.vmdk", top.text());
    const auto merged = open_top(folder).merged_ddb();
    const std::vector<std::pair<std::string, std::string>> expected = {{"UUID", "new"},
                                                                       {"adapterType", "ide"}};
    EXPECT_EQ(merged, expected);
}

TEST(DiskChain, FollowedAsFarAsItGoes) {
    const TempFolder folder;
    folder.write("base.vmdk", mono_disk("base.vmdk", 'b', 1, kBase, "gone.vmdk", 5));
    write_top(folder);
    std::vector<DiskLink> chain;
    EXPECT_EQ(code_of([&] { follow_chain(folder / "top.vmdk", {}, {}, chain); }),
              VIX_E_DISK_OPENPARENT);
    ASSERT_EQ(chain.size(), 2U);
    EXPECT_EQ(chain[1].path, folder / "base.vmdk");
}

}  // namespace
}  // namespace vix::vm
