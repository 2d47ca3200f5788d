// The child reads as before under its name and content id, whichever of the two disks is copied.
#include "ops/snapshots/merge.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "testing/disks/alike.h"
#include "testing/disks/extents.h"
#include "testing/disks/hosted_image.h"
#include "testing/machines/family.h"
#include "testing/machines/machines.h"
#include "testing/process/failure.h"
#include "testing/process/system_calls.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::alike;
using testing::disk_content_at;
using testing::HostedImage;
using testing::names_in;
using testing::TempFolder;
using testing::write_file;

constexpr std::uint32_t kNoParent = format::vmdk::kNoParentCid;
using Grains = std::map<std::uint64_t, char>;

// Disks of 1024 sectors in a machine whose current disk is the last one added.
class MergeTest : public ::testing::Test {
  protected:
    MergeTest() { fs::create_directories(vm_); }

    void add(const std::string& path, std::uint32_t cid, const Grains& grains,
             const std::string& parent = {}, std::uint32_t parent_cid = kNoParent,
             const std::vector<std::string>& ddb = {}) {
        testing::DescriptorText text;
        text.ddb.insert(text.ddb.end(), ddb.begin(), ddb.end());
        text.cid = cid;
        text.parent_hint = parent;
        text.parent_cid = parent_cid;
        text.extents = {"RW 1024 SPARSE \"" + fs::path{path}.filename().string() + "\""};
        HostedImage image;
        image.descriptor = text.text();
        image.grains = grains;
        fs::create_directories((vm_ / path).parent_path());
        write_file(vm_ / path, image.bytes());
        write_file(vmx_, testing::vmx_with_disks({"scsi0:0=" + path}));
    }

    void add_flat(const std::string& name, std::uint32_t cid) {
        testing::DescriptorText text;
        text.create_type = "monolithicFlat";
        text.cid = cid;
        text.extents = {"RW 1024 FLAT \"" + name + "-flat.vmdk\" 0"};
        write_file(vm_ / (name + ".vmdk"), text.text());
        write_file(vm_ / (name + "-flat.vmdk"), testing::content('f', 0, 1024));
    }

    // The current disk is the child. It must read the same afterwards.
    bool merge(const std::set<fs::path>& adopted = {}) {
        const vm::Machine machine = vm::Machine::open(vmx_, settings_);
        DiskFamily family{machine, {}};
        family.adopt(adopted);
        const fs::path child = vm_ / machine.disks().front().file.name;
        const std::string before = disk_content_at(child);
        Progress progress;
        const bool merged = merge_into_child(family, *family.find(child), settings_, progress);
        EXPECT_TRUE(alike(disk_content_at(child), before));
        return merged;
    }

    std::size_t chain_length() const {
        const vm::Config machine = vm::Config::read(vmx_);
        return vm::open_disk(vm_ / machine.disks().front().file.name, {}, settings_).chain.size();
    }

    const TempFolder folder_;
    const fs::path vm_ = folder_ / "vm";
    const fs::path vmx_ = vm_ / "vm.vmx";
    const vm::Settings settings_ = testing::plain_settings();
};

TEST_F(MergeTest, IntoABase) {
    add("base.vmdk", 1, {{1, 'b'}, {2, 'b'}});
    add("child.vmdk", 2, {{2, 'c'}, {5, 'c'}}, "base.vmdk", 1);
    EXPECT_TRUE(merge());
    EXPECT_EQ(names_in(vm_), "child.vmdk vm.vmx");
    EXPECT_EQ(chain_length(), 1U);
}

TEST_F(MergeTest, OfASmallBaseIntoALargerDeltaThatBecomesTheBase) {
    add("base.vmdk", 1, {{1, 'b'}}, {}, kNoParent, {"ddb.uuid = \"60 00\""});
    add("large.vmdk", 2, {{2, 'l'}, {3, 'l'}, {4, 'l'}}, "base.vmdk", 1);
    const auto large = io::identity_of(vm_ / "large.vmdk");
    EXPECT_TRUE(merge());
    EXPECT_EQ(names_in(vm_), "large.vmdk vm.vmx");
    EXPECT_TRUE(io::identity_of(vm_ / "large.vmdk") == large);
    const vm::Disk disk = vm::open_disk(vm_ / "large.vmdk", {}, settings_);
    EXPECT_EQ(disk.chain.size(), 1U);
    EXPECT_EQ(disk.chain.front().descriptor.find_ddb("uuid"), "60 00");
}

// A killed merge left only the redundant grain tables incomplete. The merge that continues it has
// nothing to write to that extent.
TEST_F(MergeTest, MendsTheRedundantTablesThatAKilledMergeLeft) {
    HostedImage half;
    half.capacity = 512;
    half.grains = {{1, 'b'}, {2, 'b'}};
    testing::DescriptorText text;
    text.create_type = "twoGbMaxExtentSparse";
    text.cid = 1;
    text.extents = {"RW 512 SPARSE \"base-s001.vmdk\"", "RW 512 SPARSE \"base-s002.vmdk\""};
    add("child.vmdk", 2, {}, "base.vmdk", 1);
    write_file(vm_ / "base.vmdk", text.text());
    write_file(vm_ / "base-s002.vmdk", half.bytes());
    testing::Image left = half.bytes();
    testing::put32(left, half.redundant_entry(2), 0);
    write_file(vm_ / "base-s001.vmdk", left);
    EXPECT_TRUE(merge());
    EXPECT_EQ(testing::read_file(vm_ / "base-s001.vmdk"), half.bytes());
}

// Inspects the base disk when it has its child's data but still its own name.
class SeesTheBase : public Progress {
  public:
    explicit SeesTheBase(fs::path base) : base_{std::move(base)} {}
    void checkpoint(const char* step) override {
        if (std::string{step} == "take over") seen = testing::read_file(base_);
    }
    std::string seen;

  private:
    fs::path base_;
};

// A merge does not track the areas that it changes, so a change tracking file would become wrong.
TEST_F(MergeTest, EndsTheChangeTrackingOfWhatItWritesTo) {
    add_flat("base", 1);
    const std::string tracked = "changeTrackPath=\"base-ctk.vmdk\"\n";
    write_file(vm_ / "base.vmdk", testing::read_file(vm_ / "base.vmdk") + tracked);
    write_file(vm_ / "base-ctk.vmdk", "");
    add("child.vmdk", 2, {{0, 'c'}}, "base.vmdk", 1);
    const vm::Machine machine = vm::Machine::open(vmx_, settings_);
    const DiskFamily family{machine, {}};
    SeesTheBase progress{vm_ / "base.vmdk"};
    EXPECT_TRUE(merge_into_child(family, *family.find(vm_ / "child.vmdk"), settings_, progress));
    EXPECT_NE(progress.seen, "");
    EXPECT_EQ(progress.seen.find("changeTrackPath"), std::string::npos) << progress.seen;
    EXPECT_EQ(testing::read_file(vm_ / "child.vmdk").find("changeTrackPath"), std::string::npos);
    EXPECT_EQ(names_in(vm_), "base-ctk.vmdk base-flat.vmdk child.vmdk vm.vmx");
}

// A flat base disk takes its child's data, whatever the amount, and stays flat.
TEST_F(MergeTest, IntoAFlatBase) {
    add_flat("base", 1);
    add("child.vmdk", 2, {{0, 'c'}, {2, 'c'}, {7, 'c'}}, "base.vmdk", 1);
    EXPECT_TRUE(merge());
    EXPECT_EQ(names_in(vm_), "base-flat.vmdk child.vmdk vm.vmx");
}

TEST_F(MergeTest, OfTheSmallerDeltaIntoTheLarger) {
    add("base.vmdk", 1, {{1, 'b'}});
    add("large.vmdk", 2, {{2, 'l'}, {3, 'l'}, {4, 'l'}, {5, 'l'}}, "base.vmdk", 1);
    add("small.vmdk", 3, {{3, 's'}}, "large.vmdk", 2);
    const auto large = io::identity_of(vm_ / "large.vmdk");
    EXPECT_TRUE(merge());
    EXPECT_EQ(names_in(vm_), "base.vmdk small.vmdk vm.vmx");
    EXPECT_TRUE(io::identity_of(vm_ / "small.vmdk") == large);  // only its name has changed
}

TEST_F(MergeTest, OfASmallParentIntoALargerChild) {
    add("base.vmdk", 1, {{1, 'b'}});
    add("small.vmdk", 2, {{2, 's'}, {6, 's'}}, "base.vmdk", 1);
    add("large.vmdk", 3, {{2, 'l'}, {3, 'l'}, {4, 'l'}, {5, 'l'}}, "small.vmdk", 2);
    const auto large = io::identity_of(vm_ / "large.vmdk");
    EXPECT_TRUE(merge());
    EXPECT_EQ(names_in(vm_), "base.vmdk large.vmdk vm.vmx");
    EXPECT_TRUE(io::identity_of(vm_ / "large.vmdk") == large);
}

TEST_F(MergeTest, KeepsTheChildsContentId) {
    add("base.vmdk", 1, {{1, 'b'}});
    add("child.vmdk", 0xC0FFEE, {{2, 'c'}}, "base.vmdk", 1);
    EXPECT_TRUE(merge());
    const vm::Disk disk = vm::open_disk(vm_ / "child.vmdk", {}, settings_);
    EXPECT_EQ(disk.chain.front().descriptor.cid, 0xC0FFEEU);
    EXPECT_EQ(disk.chain.front().descriptor.create_type, "monolithicSparse");
}

// Extents must be next to their descriptor, so data from another folder is copied into the child.
TEST_F(MergeTest, AcrossFolders) {
    add("../far/base.vmdk", 1, {{1, 'b'}, {2, 'b'}, {3, 'b'}});
    add("disk-000001.vmdk", 2, {{2, 'c'}}, "../far/base.vmdk", 1);
    EXPECT_TRUE(merge({vm_ / "../far/base.vmdk"}));
    EXPECT_EQ(names_in(vm_), "disk-000001.vmdk vm.vmx");
    EXPECT_EQ(names_in(folder_ / "far"), "");
    EXPECT_EQ(chain_length(), 1U);
}

TEST_F(MergeTest, AcrossFoldersFindsTheGrandparent) {
    add("../far/base.vmdk", 1, {{1, 'b'}});
    add("../far/middle.vmdk", 2, {{3, 'm'}}, "base.vmdk", 1);
    add("disk-000001.vmdk", 3, {{2, 'c'}}, "../far/middle.vmdk", 2);
    EXPECT_TRUE(merge({vm_ / "../far/middle.vmdk"}));
    EXPECT_EQ(names_in(folder_ / "far"), "base.vmdk");
    EXPECT_EQ(chain_length(), 2U);
}

TEST_F(MergeTest, NotOfADiskThatIsAnothersOrThatAnotherStandsOn) {
    add("../far/base.vmdk", 1, {{1, 'b'}});
    add("disk-000001.vmdk", 2, {{2, 'c'}}, "../far/base.vmdk", 1);
    EXPECT_FALSE(merge());
    write_file(folder_ / "far/other.vmx", testing::vmx_with_disks({"scsi0:0=base.vmdk"}));
    EXPECT_FALSE(merge({vm_ / "../far/base.vmdk"}));
    EXPECT_EQ(names_in(folder_ / "far"), "base.vmdk other.vmx");
}

TEST_F(MergeTest, AnnouncesWhatTheSmallerTakes) {
    add("base.vmdk", 1, {{1, 'b'}, {2, 'b'}, {3, 'b'}});
    add("child.vmdk", 2, {{2, 'c'}}, "base.vmdk", 1);
    const vm::Machine machine = vm::Machine::open(vmx_, settings_);
    const DiskFamily family{machine, {}};
    EXPECT_EQ(bytes_to_merge(family, *family.find(vm_ / "child.vmdk"), settings_),
              io::allocated_bytes({vm_ / "child.vmdk"}));
}

TEST_F(MergeTest, AMonolithicDiskIsRenamedInTwoSteps) {
    add("old.vmdk", 1, {{1, 'b'}});
    const std::string content = disk_content_at(vm_ / "old.vmdk");
    const auto link = vm::open_disk(vm_ / "old.vmdk", {}, settings_).chain.front();
    EXPECT_FALSE(half_renamed(link, settings_));
    point_to_monolithic(link.path, vm_ / "new.vmdk", link.descriptor, settings_);
    EXPECT_TRUE(alike(disk_content_at(vm_ / "old.vmdk"), content));
    EXPECT_TRUE(alike(disk_content_at(vm_ / "new.vmdk"), content));
    const auto halfway = vm::open_disk(vm_ / "new.vmdk", {}, settings_).chain.front();
    EXPECT_EQ(half_renamed(halfway, settings_), vm_ / "old.vmdk");
    settle_monolithic(link.path, vm_ / "new.vmdk", link.descriptor, settings_);
    EXPECT_EQ(names_in(vm_), "new.vmdk vm.vmx");
    EXPECT_TRUE(alike(disk_content_at(vm_ / "new.vmdk"), content));
}

// The child still covers what was written to the parent.
TEST_F(MergeTest, OfWhatIsLostAtClosingIsNotDone) {
    add("base.vmdk", 1, {{1, 'b'}, {2, 'b'}});
    add("child.vmdk", 2, {{2, 'c'}, {5, 'c'}}, "base.vmdk", 1);
    const std::string before = disk_content_at(vm_ / "child.vmdk");
    {
        const testing::Refusal refusal{testing::Call::Close, "base.vmdk"};
        EXPECT_EQ(testing::code_of([&] { merge(); }), VIX_E_DISK_FULL);
    }
    EXPECT_EQ(chain_length(), 2U);
    EXPECT_TRUE(alike(disk_content_at(vm_ / "child.vmdk"), before));
}

TEST_F(MergeTest, ThatCannotDeleteTheParentSaysSo) {
    add("large.vmdk", 1, {{1, 'l'}, {2, 'l'}, {3, 'l'}});
    add_flat("base", 3);
    add("child.vmdk", 2, {{2, 'c'}}, "base.vmdk", 3);
    const std::string before = disk_content_at(vm_ / "child.vmdk");
    const testing::Refusal refusal{testing::Call::Unlink, "base.vmdk"};
    const std::string detail = testing::detail_of([&] { merge(); });
    EXPECT_TRUE(testing::contains(detail, (vm_ / "base.vmdk").string())) << detail;
    EXPECT_TRUE(alike(disk_content_at(vm_ / "child.vmdk"), before));
}

}  // namespace
}  // namespace vix::ops
