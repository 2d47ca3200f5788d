#include "vm/snapshots/census.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "format/vmsn.h"
#include "testing/machines/machines.h"
#include "testing/process/nobody.h"
#include "vm/disks/disk.h"

namespace vix::vm {
namespace {

namespace fs = boost::filesystem;
using testing::TempFolder;
using testing::write_file;

// base <- top in the folder of the machine that asks. No file names either disk.
class Census : public ::testing::Test {
  protected:
    Census() {
        fs::create_directories(vm_);
        fs::permissions(folder_.path(), fs::all_all);
        fs::permissions(vm_, fs::all_all);
        write_file(vmx_, "displayName = \"vm\"\n");
        add("base.vmdk", 1);
    }

    void add(const std::string& path, std::uint32_t cid, const std::string& parent = {},
             std::uint32_t parent_cid = 0xFFFFFFFF) const {
        const std::string name = fs::path{path}.filename().string();
        write_file(vm_ / path, testing::mono_disk(name, 'x', cid % 8, cid, parent, parent_cid));
    }

    Needs needs(const std::set<io::FileIdentity>& own = {},
                const std::vector<fs::path>& states = {}) const {
        vm::Census census{vmx_, states, settings_};
        census.add_folder(vm_);
        return census.needs_beside(own);
    }
    bool needs_base() const { return needs().contains(vm_ / "base.vmdk"); }

    const TempFolder folder_;
    const fs::path vm_ = folder_ / "vm";
    const fs::path vmx_ = vm_ / "vm.vmx";
    const Settings settings_ = testing::plain_settings();
};

TEST_F(Census, ADiskThatNothingNamesNeedsItsParents) {
    EXPECT_FALSE(needs_base());
    add("middle.vmdk", 2, "base.vmdk", 1);
    add("top.vmdk", 3, "middle.vmdk", 2);
    EXPECT_TRUE(needs_base());
    EXPECT_TRUE(needs().contains(vm_ / "middle.vmdk"));
    EXPECT_FALSE(needs().contains(vm_ / "top.vmdk"));
    EXPECT_EQ(needs().who_needs(vm_ / "middle.vmdk"), fs::canonical(vm_ / "top.vmdk"));
}

TEST_F(Census, ADiskThatIsTheAskersOwnDoesNotCount) {
    add("top.vmdk", 3, "base.vmdk", 1);
    const auto own = needs({*io::identity_of(vm_ / "top.vmdk")});
    EXPECT_FALSE(own.contains(vm_ / "base.vmdk"));
}

TEST_F(Census, ADiskNeedsItsExtents) {
    testing::DescriptorText flat;
    flat.create_type = "monolithicFlat";
    flat.extents = {"RW 1024 FLAT \"base-flat.vmdk\" 0"};
    write_file(vm_ / "base-flat.vmdk", std::string(1024 * 512, '\0'));
    write_file(vm_ / "other.vmdk", flat.text());
    EXPECT_TRUE(needs().contains(vm_ / "base-flat.vmdk"));
}

TEST_F(Census, ADiskOfAnUnknownKindNeedsItsParent) {
    testing::DescriptorText strange;
    strange.create_type = "somethingNew";
    strange.parent_cid = 1;
    strange.parent_hint = "base.vmdk";
    strange.extents = {"RW 1024 FLAT \"strange-flat.vmdk\" 0"};
    write_file(vm_ / "strange.vmdk", strange.text());
    EXPECT_TRUE(needs_base());
}

TEST_F(Census, ADescriptorThatIsBrokenNeedsItsParent) {
    write_file(
        vm_ / "broken.vmdk",
        "# Disk DescriptorFile\nversion=1\nRW what SPARSE\nparentFileNameHint=\"base.vmdk\"");
    EXPECT_TRUE(needs_base());
}

// A child needs its parent even if the parent has changed: it has no other.
TEST_F(Census, AParentThatHasChangedIsNeeded) {
    add("top.vmdk", 3, "base.vmdk", 99);
    EXPECT_TRUE(needs_base());
}

TEST_F(Census, AParentElsewhereNeedsItsOwn) {
    fs::create_directory(folder_ / "far");
    add("../far/far.vmdk", 2, "../vm/base.vmdk", 1);
    add("top.vmdk", 3, "../far/far.vmdk", 2);
    EXPECT_TRUE(needs_base());
}

TEST_F(Census, AnotherMachineNeedsItsFiles) {
    write_file(vm_ / "other.nvram", "");
    write_file(vm_ / "theirs.log", "");
    write_file(vm_ / "other-Snapshot4.vmem", "");
    write_file(vm_ / "other.vmtx",
               testing::vmx_with_disks({"scsi0:0=base.vmdk"}) + "log.fileName = \"theirs.log\"\n");
    for (const char* name :
         {"base.vmdk", "other.nvram", "theirs.log", "other.vmtx", "other-Snapshot4.vmem"}) {
        EXPECT_EQ(needs().who_needs(vm_ / name), fs::canonical(vm_ / "other.vmtx")) << name;
    }
    EXPECT_FALSE(needs().contains(vmx_));
}

TEST_F(Census, LogsMayBeAnotherMachines) {
    write_file(vm_ / "vmware.log", "");
    EXPECT_FALSE(needs().contains(vm_ / "vmware.log"));
    write_file(vm_ / "other.vmx", "displayName = \"o\"\n");
    EXPECT_TRUE(needs().contains(vm_ / "vmware.log"));
}

TEST_F(Census, ALineThatIsSwitchedOffNeedsItsDisk) {
    write_file(vm_ / "other.vmx",
               "scsi0.present = \"FALSE\"\nscsi0:0.present = \"FALSE\"\n"
               "scsi0:0.fileName = \"base.vmdk\"\n");
    EXPECT_TRUE(needs_base());
}

TEST_F(Census, ABrokenLineNeedsItsDisk) {
    for (const char* line : {"scsi0:0.fileName = \"base.vmdk\n", "scsi0:0.fileName base.vmdk\n",
                             "scsi0:0.fileName = a b base.vmdk\n"}) {
        write_file(vm_ / "other.vmx", std::string{"displayName = \"o\"\n"} + line);
        EXPECT_TRUE(needs_base()) << line;
    }
}

TEST_F(Census, AListNeedsItsDisksAlsoWithoutAMachine) {
    write_file(vm_ / "gone.vmsd",
               "snapshot0.uid = \"1\"\nsnapshot0.disk0.fileName = \"base.vmdk\"\n");
    EXPECT_TRUE(needs_base());
}

TEST_F(Census, AStateNeedsTheDisksInIt) {
    const auto config = testing::vmx_with_disks({"scsi0:0=base.vmdk"});
    const std::string state = format::to_vmsn({config, "", ""});
    for (const std::string& bytes : {state, state.substr(0, 500), config}) {
        write_file(vm_ / "vm-Snapshot9.vmsn", bytes);
        EXPECT_TRUE(needs_base()) << bytes.size();
    }
    EXPECT_FALSE(needs({}, {vm_ / "vm-Snapshot9.vmsn"}).contains(vm_ / "base.vmdk"));
}

TEST_F(Census, WhatCannotBeReadNeedsEverything) {
    write_file(vm_ / "other.vmx", "displayName = \"o\"\n");
    write_file(vm_ / "secret.vmdk", "");
    for (const char* name : {"other.vmx", "secret.vmdk"}) {
        fs::permissions(vm_ / name, fs::no_perms);
        EXPECT_TRUE(testing::holds_for_nobody([&] { return needs_base(); })) << name;
        fs::permissions(vm_ / name, fs::all_all);
    }
    EXPECT_FALSE(needs_base());
}

// The descriptor contains everything that the census needs.
TEST_F(Census, AnExtentNeedNotBeReadable) {
    testing::DescriptorText flat;
    flat.create_type = "monolithicFlat";
    flat.extents = {"RW 1024 FLAT \"other-flat.vmdk\" 0"};
    write_file(vm_ / "other.vmdk", flat.text());
    write_file(vm_ / "other-flat.vmdk", std::string(1024 * 512, '\0'));
    fs::permissions(vm_ / "other-flat.vmdk", fs::no_perms);
    EXPECT_TRUE(testing::holds_for_nobody([&] { return !needs_base(); }));
}

TEST_F(Census, WhatIsNoDiskOfAVirtualMachineNeedsNothing) {
    fs::create_directory(vm_ / "folder.vmdk");
    fs::create_directory(vm_ / "folder.vmx");
    fs::create_symlink("nowhere", vm_ / "dangling.vmdk");
    write_file(vm_ / "empty.vmdk", "");
    write_file(vm_ / "noise.vmdk", std::string(5000, '\x07'));
    write_file(vm_ / "vm-Snapshot9.vmsn", "noise");
    EXPECT_FALSE(needs_base());
}

TEST_F(Census, ADiskThatIsReplacedStaysNeeded) {
    add("top.vmdk", 3, "base.vmdk", 1);
    const Needs before = needs();
    write_file(vm_ / "fresh", testing::read_file(vm_ / "base.vmdk"));
    fs::rename(vm_ / "fresh", vm_ / "base.vmdk");
    EXPECT_TRUE(before.contains(vm_ / "base.vmdk"));
}

TEST_F(Census, DisksInACircleEnd) {
    add("one.vmdk", 2, "two.vmdk", 3);
    add("two.vmdk", 3, "one.vmdk", 2);
    EXPECT_FALSE(needs_base());
}

TEST_F(Census, AFolderThatIsNotThereHoldsNothing) {
    vm::Census census{vmx_, {}, settings_};
    census.add_folder(folder_ / "nowhere");
    EXPECT_FALSE(census.needs_beside({}).contains(vm_ / "base.vmdk"));
}

}  // namespace
}  // namespace vix::vm
