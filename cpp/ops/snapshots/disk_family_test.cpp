#include "ops/snapshots/disk_family.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>
#include <cstdio>

#include "testing/machines/machines.h"
#include "testing/process/failure.h"
#include "testing/process/nobody.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::TempFolder;
using testing::write_file;

// base <- one, base <- two <- three: three is current, one and two are frozen.
class DiskFamilyTest : public ::testing::Test {
  protected:
    DiskFamilyTest() {
        fs::create_directories(vm_);
        add("base.vmdk", 1);
        add("disk-000001.vmdk", 2, "base.vmdk", 1);
        add("disk-000002.vmdk", 3, "base.vmdk", 1);
        add("disk-000003.vmdk", 4, "disk-000002.vmdk", 3);
        write_file(vmx_, testing::vmx_with_disks({"scsi0:0=disk-000003.vmdk"}));
        list_ = snapshot(0, "disk-000001.vmdk") + snapshot(1, "disk-000002.vmdk");
    }

    void add(const std::string& path, std::uint32_t cid, const std::string& parent = {},
             std::uint32_t parent_cid = 0xFFFFFFFF) const {
        const std::string name = fs::path{path}.filename().string();
        write_file(vm_ / path, testing::mono_disk(name, 'x', cid % 8, cid, parent, parent_cid));
    }

    static std::string snapshot(int index, const std::string& disk) {
        const std::string key = "snapshot" + std::to_string(index);
        return key + ".uid = \"" + std::to_string(index + 1) + "\"\n" + key +
               ".disk0.fileName = \"" + disk + "\"\n" + key + ".disk0.node = \"scsi0:0\"\n";
    }

    DiskFamily family(DiskFamily::Unreadable unreadable = DiskFamily::Unreadable::Refuse) const {
        machine_ = vm::Machine::open(vmx_, settings_);
        return {*machine_, vm::SnapshotTree::parse(list_, "list"), unreadable};
    }

    const TempFolder folder_;
    const fs::path vm_ = folder_ / "vm";
    const fs::path vmx_ = vm_ / "vm.vmx";
    const vm::Settings settings_ = testing::plain_settings();
    std::string list_;
    mutable std::optional<vm::Machine> machine_;
};

TEST_F(DiskFamilyTest, HoldsEachFileOnce) {
    EXPECT_EQ(family().members().size(), 4U);
}

TEST_F(DiskFamilyTest, KnowsChildrenAndParents) {
    const DiskFamily disks = family();
    const auto base = *disks.find(vm_ / "base.vmdk");
    const auto two = *disks.find(vm_ / "disk-000002.vmdk");
    EXPECT_EQ(disks.children(base).size(), 2U);
    EXPECT_EQ(disks.children(two).size(), 1U);
    EXPECT_TRUE(disks.members().at(two).parent == base);
    EXPECT_EQ(disks.disk(*disks.find(vm_ / "disk-000003.vmdk")).chain.size(), 3U);
}

TEST_F(DiskFamilyTest, TellsPresentAndFrozenDisks) {
    const DiskFamily disks = family();
    EXPECT_TRUE(disks.is_present(*disks.find(vm_ / "disk-000003.vmdk")));
    EXPECT_FALSE(disks.is_frozen(*disks.find(vm_ / "disk-000003.vmdk")));
    EXPECT_TRUE(disks.is_frozen(*disks.find(vm_ / "disk-000002.vmdk")));
    EXPECT_FALSE(disks.is_frozen(*disks.find(vm_ / "base.vmdk")));
    EXPECT_EQ(disks.named(), (std::set<fs::path>{vm_ / "disk-000001.vmdk", vm_ / "disk-000002.vmdk",
                                                 vm_ / "disk-000003.vmdk"}));
}

// As if `one` and `two` had been removed and two merged with its child, under whose name it is now.
TEST_F(DiskFamilyTest, FollowsAMergeAsIfReadAnew) {
    list_.clear();
    DiskFamily disks = family();
    const auto top = *disks.find(vm_ / "disk-000003.vmdk");
    fs::remove(vm_ / "disk-000002.vmdk");
    fs::remove(vm_ / "disk-000003.vmdk");
    add("disk-000003.vmdk", 4, "base.vmdk", 1);
    disks.follow_merge(top);
    const DiskFamily anew = family();
    const auto base = *anew.find(vm_ / "base.vmdk");
    const auto merged = *anew.find(vm_ / "disk-000003.vmdk");
    EXPECT_EQ(disks.members().size(), anew.members().size());
    EXPECT_TRUE(disks.members().at(merged).parent == base);
    EXPECT_EQ(disks.members().at(merged).link.descriptor.parent_hint, "base.vmdk");
    EXPECT_TRUE(disks.children(base) == anew.children(base));
    EXPECT_TRUE(disks.is_present(merged));
}

TEST_F(DiskFamilyTest, FollowsAMergeInTheMiddleOfAChain) {
    add("disk-000004.vmdk", 5, "disk-000003.vmdk", 4);
    write_file(vmx_, testing::vmx_with_disks({"scsi0:0=disk-000004.vmdk"}));
    list_ = snapshot(0, "disk-000003.vmdk");
    DiskFamily disks = family();
    const auto middle = *disks.find(vm_ / "disk-000003.vmdk");
    const auto top = *disks.find(vm_ / "disk-000004.vmdk");
    fs::remove(vm_ / "disk-000002.vmdk");
    fs::remove(vm_ / "disk-000003.vmdk");
    add("disk-000003.vmdk", 4, "base.vmdk", 1);
    disks.follow_merge(middle);
    const auto merged = *family().find(vm_ / "disk-000003.vmdk");
    EXPECT_TRUE(disks.members().at(top).parent == merged);
    EXPECT_TRUE(disks.children(merged) == std::vector{top});
    EXPECT_TRUE(disks.is_frozen(merged));
    EXPECT_EQ(disks.disk(top).chain.size(), 3U);
}

TEST_F(DiskFamilyTest, FindsADiskHoweverItIsSpelled) {
    fs::create_directory_symlink(vm_, folder_ / "other");
    const DiskFamily disks = family();
    EXPECT_TRUE(disks.find(folder_ / "other/base.vmdk") == disks.find(vm_ / "base.vmdk"));
    EXPECT_FALSE(disks.find(vm_ / "gone.vmdk"));
    write_file(vm_ / "stranger.vmdk", "");
    EXPECT_FALSE(disks.find(vm_ / "stranger.vmdk"));
}

TEST_F(DiskFamilyTest, RefusesAChainThatBreaksOrHoldsWhatCanBeReached) {
    fs::remove(vm_ / "base.vmdk");
    EXPECT_EQ(code_of([&] { family(); }), VIX_E_DISK_OPENPARENT);
    const DiskFamily reached = family(DiskFamily::Unreadable::Skip);
    EXPECT_EQ(reached.members().size(), 3U);
    EXPECT_FALSE(reached.is_complete());
}

TEST_F(DiskFamilyTest, ADiskElsewhereIsOwnOnlyAsADeltaOfASnapshotOrAdopted) {
    fs::create_directory(folder_ / "far");
    add("../far/far.vmdk", 5);
    add("../far/far-000001.vmdk", 6, "far.vmdk", 5);
    write_file(vmx_, testing::vmx_with_disks({"scsi0:0=../far/far-000001.vmdk"}));
    list_.clear();
    DiskFamily disks = family();
    const auto base = *disks.find(folder_ / "far/far.vmdk");
    EXPECT_TRUE(disks.is_own(*disks.find(folder_ / "far/far-000001.vmdk")));
    EXPECT_FALSE(disks.is_own(base));
    disks.adopt({disks.members().at(base).link.path});
    EXPECT_TRUE(disks.is_own(base));
}

TEST_F(DiskFamilyTest, IsSharedWhereAnotherMachineOfTheFolderStandsOnIt) {
    EXPECT_FALSE(family().is_shared(*family().find(vm_ / "base.vmdk")));
    write_file(vm_ / "other.vmx", testing::vmx_with_disks({"scsi0:0=disk-000001.vmdk"}));
    const DiskFamily disks = family();
    EXPECT_TRUE(disks.is_shared(*disks.find(vm_ / "base.vmdk")));
    EXPECT_TRUE(disks.is_shared(*disks.find(vm_ / "disk-000001.vmdk")));
    EXPECT_FALSE(disks.is_shared(*disks.find(vm_ / "disk-000003.vmdk")));
}

TEST_F(DiskFamilyTest, IsSharedWhereAnotherMachineNamesItThroughALink) {
    fs::create_symlink("disk-000001.vmdk", vm_ / "link.vmdk");
    write_file(vm_ / "other.vmx", testing::vmx_with_disks({"scsi0:0=link.vmdk"}));
    const DiskFamily disks = family();
    EXPECT_TRUE(disks.is_shared(*disks.find(vm_ / "disk-000001.vmdk")));
    EXPECT_FALSE(disks.is_shared(*disks.find(vm_ / "disk-000003.vmdk")));
}

TEST_F(DiskFamilyTest, IsSharedWhereItCannotBeToldWhatOthersNeed) {
    write_file(vm_ / "other.vmx", testing::vmx_with_disks({"scsi0:0=disk-000001.vmdk"}));
    fs::permissions(vm_, fs::all_all);
    fs::permissions(folder_.path(), fs::all_all);
    fs::permissions(vm_ / "other.vmx", fs::no_perms);
    EXPECT_TRUE(testing::holds_for_nobody([&] {
        const DiskFamily disks = family();
        return disks.is_shared(*disks.find(vm_ / "disk-000003.vmdk"));
    }));
}

TEST_F(DiskFamilyTest, IsNotSharedWhereAnotherMachinesDiskIsGone) {
    write_file(vm_ / "other.vmx", testing::vmx_with_disks({"scsi0:0=gone.vmdk"}));
    const DiskFamily disks = family();
    EXPECT_FALSE(disks.is_shared(*disks.find(vm_ / "disk-000003.vmdk")));
}

// The machine's own suspend state names the machine's disks.
TEST_F(DiskFamilyTest, IsNotSharedWithItsOwnSuspendedState) {
    for (const char* name : {"vm-3f9a02c7.vmss", "other.vmss"}) {
        write_file(vm_ / name, "disk = base.vmdk\n");
        const DiskFamily disks = family();
        const bool shared = disks.is_shared(*disks.find(vm_ / "base.vmdk"));
        EXPECT_EQ(shared, std::string{name} == "other.vmss") << name;
    }
}

// Longer than any chain this library makes. It must be readable, so that it can be shortened.
TEST_F(DiskFamilyTest, HoldsChainsOverTheLimit) {
    std::string parent = "base.vmdk";
    for (std::uint32_t number = 1; number <= vm::kMaxChain + 40; ++number) {
        char name[32];
        std::snprintf(name, sizeof name, "long-%06u.vmdk", number);
        add(name, 1000 + number, parent, number == 1 ? 1 : 999 + number);
        parent = name;
    }
    write_file(vmx_, testing::vmx_with_disks({"scsi0:0=" + parent}));
    list_.clear();
    const DiskFamily disks = family();
    EXPECT_EQ(disks.disk(*disks.find(vm_ / parent)).chain.size(), vm::kMaxChain + 41);
}

TEST_F(DiskFamilyTest, ListsTheFilesOfADisk) {
    testing::DescriptorText flat;
    flat.create_type = "twoGbMaxExtentFlat";
    flat.extents = {"RW 600 FLAT \"f-f001.vmdk\" 0", "RW 424 FLAT \"f-f002.vmdk\" 0"};
    write_file(vm_ / "f.vmdk", flat.text());
    write_file(vm_ / "f-f001.vmdk", std::string(600 * 512, '\0'));
    write_file(vm_ / "f-f002.vmdk", std::string(424 * 512, '\0'));
    const vm::Disk disk = vm::open_disk(vm_ / "f.vmdk", {}, settings_);
    EXPECT_EQ(files_of(disk.chain[0], settings_),
              (std::vector<fs::path>{vm_ / "f.vmdk", vm_ / "f-f001.vmdk", vm_ / "f-f002.vmdk"}));
}

}  // namespace
}  // namespace vix::ops
