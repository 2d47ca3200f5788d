// Clones small machines from beginning to end.
#include "ops/clone/clone.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>

#include "io/locks/lock.h"
#include "testing/disks/alike.h"
#include "testing/disks/extents.h"
#include "testing/disks/hosted_image.h"
#include "testing/disks/stream_image.h"
#include "testing/machines/machines.h"
#include "testing/machines/running.h"
#include "testing/process/failure.h"
#include "testing/process/system_calls.h"
#include "vm/machine/config.h"
#include "vm/machine/summary.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::alike;
using testing::code_of;
using testing::content;
using testing::DescriptorText;
using testing::kSector;
using testing::mono_disk;
using testing::names_in;
using testing::read_disk;
using testing::TempFolder;
using testing::tree_of;
using testing::vmx_with_disks;

void clone(const fs::path& source, const fs::path& destination) {
    Progress progress;
    clone_full({source, destination, testing::plain_settings()}, progress);
}

// Clones a machine with this one disk and returns the content of the clone's disk.
std::string clone_of_disk(const TempFolder& folder, const std::string& name) {
    const fs::path vmx = folder.write("src/vm.vmx", vmx_with_disks({"scsi0:0=" + name}));
    clone(vmx, folder / "dst/c.vmx");
    return read_disk(folder / "dst" / (fs::path{name}.stem().string() + "-cl1.vmdk"));
}

TEST(Clone, MakesAWholeMachine) {
    const TempFolder folder;
    clone(testing::write_small_machine(folder / "src"), folder / "dst/My Clone.vmx");
    EXPECT_EQ(names_in(folder / "dst"),
              "My Clone.nvram My Clone.vmsd My Clone.vmx My Clone.vmxf data-cl1-f001.vmdk "
              "data-cl1-f002.vmdk data-cl1.vmdk disk-cl1.vmdk");
    EXPECT_TRUE(alike(read_disk(folder / "dst/disk-cl1.vmdk"), testing::first_disk_content()));
    EXPECT_TRUE(alike(read_disk(folder / "dst/data-cl1.vmdk"), testing::second_disk_content()));
}

TEST(Clone, HasAConfigurationOfItsOwn) {
    const TempFolder folder;
    clone(testing::write_small_machine(folder / "src"), folder / "dst/c.vmx");
    const vm::Config config = vm::Config::read(folder / "dst/c.vmx");
    EXPECT_EQ(config.display_name(), "c");
    EXPECT_EQ(config.find("scsi0:0.fileName"), "disk-cl1.vmdk");
    EXPECT_EQ(config.find("scsi0:1.fileName"), "data-cl1.vmdk");
    EXPECT_EQ(config.find("nvram"), "c.nvram");
    EXPECT_EQ(testing::read_file(folder / "dst/c.nvram"),
              testing::read_file(folder / "src/vm.nvram"));
    EXPECT_EQ(testing::read_file(folder / "dst/c.vmsd"), "");
}

TEST(Clone, FlattensAChain) {
    const TempFolder folder;
    clone(testing::write_small_machine(folder / "src"), folder / "dst/c.vmx");
    const vm::Disk disk = vm::open_disk(folder / "dst/disk-cl1.vmdk", {}, {});
    EXPECT_EQ(disk.chain.size(), 1U);
    EXPECT_NE(disk.chain[0].descriptor.cid, 0x22222222U);
}

TEST(Clone, LeavesTheSourceAsItWas) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "src");
    const auto before = tree_of(folder / "src");
    clone(vmx, folder / "dst/c.vmx");
    EXPECT_TRUE(alike(tree_of(folder / "src"), before));
}

// The calls of a clone of a small machine, to "dst/c.vmx" in the folder.
std::vector<std::string> calls_of_clone(const TempFolder& folder, const vm::Settings& settings) {
    const fs::path source = testing::write_small_machine(folder / "src");
    Progress progress;
    const testing::SyncRecord record;
    clone_full({source, folder / "dst/c.vmx", settings}, progress);
    return record.calls();
}

// Those of the clone's files, and its staging folder, that were not synced before `appearance`.
std::string not_synced_before(const std::string& appearance, const std::vector<std::string>& calls,
                              const TempFolder& folder, const fs::path& staging) {
    const auto end = std::find(calls.begin(), calls.end(), appearance);
    EXPECT_NE(end, calls.end()) << appearance;
    std::string missing;
    const auto expect_synced = [&](const fs::path& path) {
        if (std::find(calls.begin(), end, "sync " + path.string()) == end)
            missing += path.string() + '\n';
    };
    for (const auto& [name, bytes] : tree_of(folder / "dst")) expect_synced(staging / name);
    expect_synced(staging);
    return missing;
}

TEST(Clone, IsSyncedBeforeItsFolderAppears) {
    const TempFolder folder;
    const auto calls = calls_of_clone(folder, {});
    const fs::path staging = folder / ".vix-staging-dst";
    EXPECT_EQ(not_synced_before("rename " + (folder / "dst").string(), calls, folder, staging), "");
    EXPECT_EQ(calls.back(), "sync " + folder.path().string());
}

TEST(Clone, IsSyncedBeforeItsVmxAppearsInAFolderThatIsThere) {
    const TempFolder folder;
    fs::create_directory(folder / "dst");
    const auto calls = calls_of_clone(folder, {});
    const fs::path staging = folder / "dst/.vix-staging-c";
    const std::string appearance = "rename " + (folder / "dst/c.vmx").string();
    const std::string names_synced = "sync " + (folder / "dst").string();
    EXPECT_EQ(not_synced_before(appearance, calls, folder, staging), "");
    ASSERT_GE(calls.size(), 3U);
    EXPECT_EQ(calls.end()[-3], names_synced);  // of the other files
    EXPECT_EQ(calls.end()[-2], appearance);
    EXPECT_EQ(calls.end()[-1], names_synced);
}

TEST(Clone, IsNotSyncedIfToldSo) {
    const TempFolder folder;
    for (const std::string& call : calls_of_clone(folder, testing::plain_settings()))
        EXPECT_FALSE(call.starts_with("sync ")) << call;
    EXPECT_TRUE(alike(read_disk(folder / "dst/disk-cl1.vmdk"), testing::first_disk_content()));
}

class SummingProgress : public Progress {
  public:
    void expect(std::uint64_t bytes) override { expected += bytes; }
    void add(std::uint64_t bytes) override { done += bytes; }
    std::uint64_t expected = 0;
    std::uint64_t done = 0;
};

TEST(Clone, DoesTheWorkThatItAnnounced) {
    const TempFolder folder;
    folder.write("src/d.vmdk", mono_disk("d.vmdk", 'a', 1));
    folder.write("src/vm.nvram", "MRVN");
    const fs::path vmx = folder.write("src/vm.vmx", vmx_with_disks({"scsi0:0=d.vmdk"}));
    SummingProgress progress;
    clone_full({vmx, folder / "dst/c.vmx", testing::plain_settings()}, progress);
    EXPECT_GT(progress.expected, 0U);
    EXPECT_EQ(progress.done, progress.expected);
}

TEST(Clone, TakesTheVariablesOfUefiAlong) {
    const TempFolder folder;
    const fs::path vmx = folder.write("src/vm.vmx", vmx_with_disks({}));
    folder.write("src/vm.OVMF_VARS.fd", "variables");
    clone(vmx, folder / "dst/c.vmx");
    EXPECT_EQ(testing::read_file(folder / "dst/c.OVMF_VARS.fd"), "variables");
}

TEST(Clone, OfAMachineWithoutDisks) {
    const TempFolder folder;
    clone(folder.write("src/vm.vmx", vmx_with_disks({})), folder / "dst/c.vmx");
    EXPECT_EQ(names_in(folder / "dst"), "c.vmsd c.vmx c.vmxf");
}

TEST(Clone, OfAMonolithicDiskIsAnotherByteForByte) {
    const TempFolder folder;
    testing::HostedImage image;
    DescriptorText descriptor;
    descriptor.extents = {"RW 1024 SPARSE \"d.vmdk\""};
    image.descriptor = descriptor.text();
    image.grains = {{5, 'a'}, {1, 'b'}};
    folder.write("src/d.vmdk", image.bytes());
    EXPECT_TRUE(alike(clone_of_disk(folder, "d.vmdk"), image.disk_content()));
    const std::string copy = testing::read_file(folder / "dst/d-cl1.vmdk");
    EXPECT_TRUE(alike(copy.substr(21 * kSector), image.bytes().substr(21 * kSector)));
}

TEST(Clone, OfADiskThatWasNotClosedIsWrittenAnew) {
    const TempFolder folder;
    std::string disk = mono_disk("d.vmdk", 'a', 3);
    disk[testing::HostedField::kUncleanShutdown] = 1;
    folder.write("src/d.vmdk", disk);
    const std::string expected = content('a', 384, 128);
    EXPECT_EQ(clone_of_disk(folder, "d.vmdk").substr(384 * kSector, expected.size()), expected);
    EXPECT_EQ(testing::read_file(folder / "dst/d-cl1.vmdk")[72], '\0');
}

TEST(Clone, OfAStreamBecomesAMonolithicSparseDisk) {
    const TempFolder folder;
    DescriptorText descriptor;
    descriptor.create_type = "streamOptimized";
    descriptor.extents = {"RW 1024 SPARSE \"d.vmdk\""};
    testing::StreamImage image;
    image.descriptor = descriptor.text();
    image.grains = {{1, 'a'}, {6, 'b'}};
    folder.write("src/d.vmdk", image.bytes());
    EXPECT_TRUE(alike(clone_of_disk(folder, "d.vmdk"), image.disk_content()));
    EXPECT_EQ(vm::open_disk(folder / "dst/d-cl1.vmdk", {}, {}).chain[0].descriptor.create_type,
              "monolithicSparse");
}

TEST(Clone, OfASplitDiskWhoseGrainsCrossNoBorders) {
    const TempFolder folder;
    testing::HostedImage first;
    first.capacity = 200;  // not a whole number of grains
    first.grains = {{1, 'a'}};
    testing::HostedImage second = first;
    second.grains = {{0, 'b'}};
    DescriptorText descriptor;
    descriptor.create_type = "twoGbMaxExtentSparse";
    descriptor.extents = {"RW 200 SPARSE \"d-s001.vmdk\"", "RW 200 SPARSE \"d-s002.vmdk\""};
    folder.write("src/d.vmdk", descriptor.text());
    folder.write("src/d-s001.vmdk", first.bytes());
    folder.write("src/d-s002.vmdk", second.bytes());
    EXPECT_TRUE(
        alike(clone_of_disk(folder, "d.vmdk"), first.disk_content() + second.disk_content()));
    EXPECT_TRUE(fs::exists(folder / "dst/d-cl1-s002.vmdk"));
}

TEST(Clone, OfASharedDiskIsOneDisk) {
    const TempFolder folder;
    folder.write("src/d.vmdk", mono_disk("d.vmdk", 'a', 1));
    const fs::path vmx =
        folder.write("src/vm.vmx", vmx_with_disks({"scsi0:0=d.vmdk", "scsi1:0=d.vmdk"}));
    clone(vmx, folder / "dst/c.vmx");
    const vm::Config config = vm::Config::read(folder / "dst/c.vmx");
    EXPECT_EQ(config.find("scsi0:0.fileName"), "d-cl1.vmdk");
    EXPECT_EQ(config.find("scsi1:0.fileName"), "d-cl1.vmdk");
}

TEST(Clone, OfDisksOfOneNameInTwoFoldersHasTwo) {
    const TempFolder folder;
    folder.write("src/d.vmdk", mono_disk("d.vmdk", 'a', 1));
    folder.write("src/sub/d.vmdk", mono_disk("d.vmdk", 'b', 1));
    const fs::path vmx =
        folder.write("src/vm.vmx", vmx_with_disks({"scsi0:0=d.vmdk", "scsi0:1=sub/d.vmdk"}));
    clone(vmx, folder / "dst/c.vmx");
    EXPECT_EQ(read_disk(folder / "dst/d-cl1.vmdk")[128 * kSector + 8], 'a');
    EXPECT_EQ(read_disk(folder / "dst/d-cl2.vmdk")[128 * kSector + 8], 'b');
}

TEST(Clone, KeepsNamesOfOtherScripts) {
    const TempFolder folder;
    folder.write("src/位.vmdk", mono_disk("位.vmdk", 'a', 1));
    const fs::path vmx = folder.write(
        "src/vm.vmx",
        ".encoding = \"GBK\"\nscsi0:0.present = \"TRUE\"\nscsi0:0.fileName = \"\xCE\xBB.vmdk\"\n");
    clone(vmx, folder / "dst/克隆.vmx");
    const vm::Config config = vm::Config::read(folder / "dst/克隆.vmx");
    EXPECT_EQ(config.find(".encoding"), "GBK");
    EXPECT_EQ(config.display_name(), "克隆");
    EXPECT_EQ(config.find("scsi0:0.fileName"), "位-cl1.vmdk");
    EXPECT_TRUE(fs::exists(folder / "dst/位-cl1.vmdk"));
}

TEST(Clone, IsNoMoreReadableThanItsSource) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "src");
    fs::permissions(folder / "src/data.vmdk", fs::owner_read | fs::owner_write);
    fs::permissions(vmx, fs::owner_read | fs::owner_write);
    clone(vmx, folder / "dst/c.vmx");
    EXPECT_EQ(io::permissions_of(folder / "dst/c.vmx"), 0600U);
    EXPECT_EQ(io::permissions_of(folder / "dst/data-cl1-f001.vmdk") & 0077U, 0U);
}

TEST(Clone, OfASourceInUseIsRefused) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "src");
    const testing::RunningElsewhere running{vmx};
    EXPECT_EQ(code_of([&] { clone(vmx, folder / "dst/c.vmx"); }), VIX_E_VM_IS_RUNNING);
    EXPECT_EQ(names_in(folder.path()), "src");
}

TEST(Clone, BesideAnotherOfTheSameSourceIsFine) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "src");
    const io::Lock other_clone{vmx, io::LockKind::Shared};
    clone(vmx, folder / "dst/c.vmx");
    EXPECT_TRUE(fs::exists(folder / "dst/c.vmx"));
}

TEST(Clone, OfAnEncryptedMachineNeedsItsKey) {
    const TempFolder folder;
    const fs::path vmx = folder.write("src/vm.vmx", "encryption.keySafe = \"x\"\n");
    EXPECT_EQ(code_of([&] { clone(vmx, folder / "dst/c.vmx"); }), VIX_E_NEED_KEY);
}

TEST(Clone, OfASuspendedMachineIsPoweredOff) {
    const TempFolder folder;
    folder.write("src/vm.vmss", "memory");
    const fs::path vmx = folder.write("src/vm.vmx", "checkpoint.vmState = \"vm.vmss\"\n");
    clone(vmx, folder / "dst/c.vmx");
    EXPECT_EQ(vm::summarize(folder / "dst/c.vmx", {}).power_state, vm::PowerState::Off);
    EXPECT_FALSE(fs::exists(folder / "dst/vm.vmss"));
}

TEST(Clone, WithoutADiskIsRefused) {
    const TempFolder folder;
    const fs::path vmx = folder.write("src/vm.vmx", vmx_with_disks({"scsi0:0=gone.vmdk"}));
    EXPECT_EQ(code_of([&] { clone(vmx, folder / "dst/c.vmx"); }), VIX_E_FILE_NOT_FOUND);
    EXPECT_EQ(names_in(folder.path()), "src");
}

TEST(Clone, NeverReplacesAMachine) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "src");
    folder.write("dst/c.vmx", "somebody's");
    EXPECT_EQ(code_of([&] { clone(vmx, folder / "dst/c.vmx"); }), VIX_E_FILE_ALREADY_EXISTS);
    EXPECT_EQ(testing::read_file(folder / "dst/c.vmx"), "somebody's");
}

TEST(Clone, WantsAFolderWithoutMachines) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "src");
    folder.write("dst/left.NVRAM", "over");
    EXPECT_EQ(code_of([&] { clone(vmx, folder / "dst/c.vmx"); }), VIX_E_SNAPSHOT_EXISTS);
    EXPECT_EQ(names_in(folder / "dst"), "left.NVRAM");
}

TEST(Clone, MayGoBesideOtherFiles) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "src");
    folder.write("dst/readme.txt", "mine");
    clone(vmx, folder / "dst/c.vmx");
    EXPECT_EQ(testing::read_file(folder / "dst/readme.txt"), "mine");
}

// Packer makes more disks for a clone before it clones.
TEST(Clone, MayGoBesideDisks) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "src");
    clone(vmx, folder / "first/c.vmx");
    const std::string disk = vm::Config::read(folder / "first/c.vmx").disks().front().file.name;
    folder.write("dst/" + disk, "mine");
    clone(vmx, folder / "dst/c.vmx");
    EXPECT_EQ(testing::read_file(folder / "dst" / disk), "mine");
    EXPECT_NE(vm::Config::read(folder / "dst/c.vmx").disks().front().file.name, disk);
}

TEST(Clone, IntoTheSourcesFolderIsRefused) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "src");
    const auto before = tree_of(folder / "src");
    EXPECT_EQ(code_of([&] { clone(vmx, folder / "src/c.vmx"); }), VIX_E_SNAPSHOT_EXISTS);
    EXPECT_TRUE(alike(tree_of(folder / "src"), before));
}

TEST(Clone, OntoTheSourceIsRefused) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "src");
    const auto before = tree_of(folder / "src");
    EXPECT_EQ(code_of([&] { clone(vmx, vmx); }), VIX_E_FILE_ALREADY_EXISTS);
    EXPECT_TRUE(alike(tree_of(folder / "src"), before));
}

TEST(Clone, WaitsForNobodyAtADestinationInUse) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "src");
    fs::create_directory(folder / "dst");
    const io::Lock other{folder / "dst/c.vmx", io::LockKind::Exclusive};
    EXPECT_EQ(code_of([&] { clone(vmx, folder / "dst/c.vmx"); }), VIX_E_FILE_ALREADY_LOCKED);
}

TEST(Clone, TakesNoForeignFileForNvram) {
    const TempFolder folder;
    folder.write("secret", "SECRET");
    const fs::path vmx = folder.write("src/vm.vmx", "nvram = \"../secret\"\n");
    EXPECT_EQ(code_of([&] { clone(vmx, folder / "dst/c.vmx"); }), VIX_E_FILE_ACCESS_ERROR);
    EXPECT_EQ(names_in(folder.path()), "secret src");
}

TEST(Clone, TakesNoForeignFileForVmxf) {
    const TempFolder folder;
    folder.write("secret", "<VMId>SECRET</VMId><vmxPathName></vmxPathName>SECRET");
    const fs::path vmx = folder.write("src/vm.vmx", "extendedConfigFile = \"../secret\"\n");
    clone(vmx, folder / "dst/c.vmx");
    EXPECT_FALSE(testing::contains(testing::read_file(folder / "dst/c.vmxf"), "SECRET"));
}

class LostAtClosing : public ::testing::TestWithParam<const char*> {};

TEST_P(LostAtClosing, MakesNoClone) {
    const TempFolder folder;
    const fs::path source = testing::write_small_machine(folder / "vm");
    const auto before = tree_of(folder / "vm");
    const testing::Refusal refusal{testing::Call::Close, GetParam()};
    EXPECT_EQ(code_of([&] { clone(source, folder / "clone/c.vmx"); }), VIX_E_DISK_FULL);
    EXPECT_EQ(names_in(folder.path()), "vm");
    EXPECT_EQ(tree_of(folder / "vm"), before);
}

INSTANTIATE_TEST_SUITE_P(Clone, LostAtClosing,
                         ::testing::Values("/c.vmx", "/c.vmsd", "/c.nvram", "/c.vmxf", "-cl1.vmdk",
                                           "-f002.vmdk"));

}  // namespace
}  // namespace vix::ops
