#include "ops/machine/remove.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/filesystem/operations.hpp>
#include <memory>
#include <thread>

#include "io/locks/lock.h"
#include "testing/disks/alike.h"
#include "testing/machines/machines.h"
#include "testing/machines/running.h"
#include "testing/process/failure.h"
#include "testing/process/nobody.h"
#include "testing/process/waiting.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::names_in;
using testing::TempFolder;
using testing::vmx_with_disks;

void delete_machine(const fs::path& vmx, RemoveDisks disks = RemoveDisks::Yes) {
    Progress progress;
    remove_machine(vmx, disks, {}, progress);
}

TEST(Remove, WithDisksLeavesNothing) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "vm");
    folder.write("vm/vm.vmsd", "");
    folder.write("vm/vmware.log", "");
    folder.write("vm/vmware-0.log", "");
    delete_machine(vmx);
    EXPECT_EQ(names_in(folder.path()), "");
}

TEST(Remove, WithoutDisksLeavesThem) {
    const TempFolder folder;
    delete_machine(testing::write_small_machine(folder / "vm"), RemoveDisks::No);
    EXPECT_EQ(names_in(folder / "vm"),
              "data-f001.vmdk data-f002.vmdk data.vmdk disk-000001.vmdk disk.vmdk");
}

TEST(Remove, LeavesFilesOfOthers) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "vm");
    folder.write("vm/notes.txt", "");
    folder.write("vm/other-disk.vmdk", "");
    folder.write("vm/my.log", "");
    delete_machine(vmx);
    EXPECT_EQ(names_in(folder / "vm"), "my.log notes.txt other-disk.vmdk");
}

TEST(Remove, TakesSnapshotsSuspendStateAndMemory) {
    const TempFolder folder;
    folder.write("vm/vm.vmsd",
                 "snapshot0.uid = \"1\"\n"
                 "snapshot0.filename = \"vm-Snapshot1.vmsn\"\n"
                 "snapshot0.disk0.fileName = \"old.vmdk\"\n");
    folder.write("vm/vm-Snapshot1.vmsn", "");
    folder.write("vm/vm-Snapshot1.vmem", "");
    folder.write("vm/vm-Snapshot1.OVMF_VARS.fd", "");
    folder.write("vm/vm.OVMF_VARS.fd", "");
    folder.write("vm/vm-1.vmss", "");
    folder.write("vm/vm-1.vmem", "");
    folder.write("vm/564d61c2-0e97-4ab8-935f-d7402b8ce619.vmem", "");
    folder.write("vm/old.vmdk", testing::mono_disk("old.vmdk", 'o', 1));
    const fs::path vmx =
        folder.write("vm/vm.vmx",
                     "checkpoint.vmState = \"vm-1.vmss\"\n"
                     "uuid.bios = \"56 4d 61 c2 0e 97 4a b8-93 5f d7 40 2b 8c e6 19\"\n");
    delete_machine(vmx);
    EXPECT_EQ(names_in(folder.path()), "");
}

TEST(Remove, TouchesNothingOutsideItsFolder) {
    const TempFolder folder;
    folder.write("shared/base.vmdk", testing::mono_disk("base.vmdk", 'b', 1, 1));
    folder.write("vm/top.vmdk",
                 testing::mono_disk("top.vmdk", 't', 1, 2, "../shared/base.vmdk", 1));
    folder.write("secret", "");
    const fs::path vmx = folder.write(
        "vm/vm.vmx", vmx_with_disks({"scsi0:0=top.vmdk", "scsi0:1=../shared/base.vmdk"}) +
                         "nvram = \"../secret\"\nmigrate.hostlog = \"/etc/hosts\"\n");
    delete_machine(vmx);
    EXPECT_EQ(names_in(folder.path()), "secret shared");
    EXPECT_EQ(names_in(folder / "shared"), "base.vmdk");
}

TEST(Remove, TouchesNothingBehindALinkedFolder) {
    const TempFolder folder;
    folder.write("other/d.vmdk", testing::mono_disk("d.vmdk", 'o', 1));
    fs::create_directory(folder / "vm");
    fs::create_symlink("../other", folder / "vm/sub");
    delete_machine(folder.write("vm/vm.vmx", vmx_with_disks({"scsi0:0=sub/d.vmdk"})));
    EXPECT_EQ(names_in(folder / "other"), "d.vmdk");
}

TEST(Remove, LeavesWhatANeighbourStandsOn) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "vm");
    folder.write("vm/other.vmx", vmx_with_disks({"scsi0:0=data.vmdk"}));
    delete_machine(vmx);
    EXPECT_EQ(names_in(folder / "vm"), "data-f001.vmdk data-f002.vmdk data.vmdk other.vmx");
}

TEST(Remove, LeavesWhatANeighbourNamesThroughALink) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "vm");
    fs::create_symlink("data.vmdk", folder / "vm/link.vmdk");
    folder.write("vm/other.vmx", vmx_with_disks({"scsi0:0=link.vmdk"}));
    delete_machine(vmx);
    EXPECT_EQ(names_in(folder / "vm"),
              "data-f001.vmdk data-f002.vmdk data.vmdk link.vmdk other.vmx");
}

TEST(Remove, LeavesWhatTheParentOfANeighboursDiskLeadsTo) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "vm");
    fs::create_symlink("data.vmdk", folder / "vm/link.vmdk");
    folder.write("vm/top.vmdk", testing::mono_disk("top.vmdk", 't', 1, 9, "link.vmdk", 1));
    folder.write("vm/other.vmx", vmx_with_disks({"scsi0:0=top.vmdk"}));
    delete_machine(vmx);
    EXPECT_EQ(names_in(folder / "vm"),
              "data-f001.vmdk data-f002.vmdk data.vmdk link.vmdk other.vmx top.vmdk");
}

// The unreadable disk may depend on any disk of the folder.
TEST(Remove, IsRefusedWhereADiskOfTheFolderMayNotBeRead) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "vm");
    folder.write("vm/stranger.vmdk", testing::mono_disk("stranger.vmdk", 's', 1));
    for (const fs::path& place : {folder.path(), folder / "vm"}) {
        fs::permissions(place, fs::all_all);
    }
    fs::permissions(folder / "vm/stranger.vmdk", fs::no_perms);
    const std::string before = names_in(folder / "vm");
    EXPECT_TRUE(testing::holds_for_nobody(
        [&] { return code_of([&] { delete_machine(vmx); }) == VIX_E_FILE_ACCESS_ERROR; }));
    EXPECT_EQ(names_in(folder / "vm"), before);
}

TEST(Remove, IsRefusedWhereANeighbourMayNotBeRead) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "vm");
    folder.write("vm/other.vmx", vmx_with_disks({"scsi0:0=data.vmdk"}));
    for (const fs::path& place : {folder.path(), folder / "vm"}) {
        fs::permissions(place, fs::all_all);
    }
    fs::permissions(folder / "vm/other.vmx", fs::no_perms);
    const std::string before = names_in(folder / "vm");
    EXPECT_TRUE(testing::holds_for_nobody(
        [&] { return code_of([&] { delete_machine(vmx); }) == VIX_E_FILE_ACCESS_ERROR; }));
    EXPECT_EQ(names_in(folder / "vm"), before);
}

TEST(Remove, GoesOnWhereANeighboursDisksAreGone) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "vm");
    folder.write("vm/top.vmdk", testing::mono_disk("top.vmdk", 't', 1, 9, "gone.vmdk", 1));
    folder.write("vm/other.vmx", vmx_with_disks({"scsi0:0=top.vmdk", "scsi0:1=gone.vmdk"}));
    fs::create_directory(folder / "vm/folder.vmx");
    fs::create_symlink("nowhere", folder / "vm/dangling.vmx");
    delete_machine(vmx);
    EXPECT_EQ(names_in(folder / "vm"), "dangling.vmx folder.vmx other.vmx top.vmdk");
}

TEST(Remove, NeverTakesANeighboursConfiguration) {
    const TempFolder folder;
    folder.write("vm/other.vmx", "displayName = \"other\"\n");
    delete_machine(folder.write("vm/vm.vmx", "displayName = \"vm\"\nnvram = \"other.vmx\"\n"));
    EXPECT_EQ(names_in(folder / "vm"), "other.vmx");
}

TEST(Remove, GoesOnOverABrokenChain) {
    const TempFolder folder;
    folder.write("vm/top.vmdk", testing::mono_disk("top.vmdk", 't', 1, 2, "gone.vmdk", 1));
    delete_machine(
        folder.write("vm/vm.vmx", vmx_with_disks({"scsi0:0=top.vmdk", "scsi0:1=gone.vmdk"})));
    EXPECT_EQ(names_in(folder.path()), "");
}

TEST(Remove, OfARunningMachineIsRefused) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "vm");
    const auto before = testing::tree_of(folder.path());
    {
        const testing::RunningElsewhere running{vmx};
        EXPECT_EQ(code_of([&] { delete_machine(vmx); }), VIX_E_VM_IS_RUNNING);
    }
    EXPECT_TRUE(testing::alike(testing::tree_of(folder.path()), before));
}

// A call that waits for others asks it each time whether it was cancelled.
class WaitingProgress : public Progress {
  public:
    void add(std::uint64_t bytes) override { asked += bytes == 0 ? 1 : 0; }
    std::atomic<int> asked = 0;
};

TEST(Remove, WaitsForACloneThatIsBeingMade) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder / "vm");
    auto cloning = std::make_unique<io::Lock>(vmx, io::LockKind::Shared);
    std::atomic<bool> removed = false;
    WaitingProgress waiting;
    std::thread remover{[&] {
        remove_machine(vmx, RemoveDisks::Yes, {}, waiting);
        removed = true;
    }};
    EXPECT_TRUE(testing::wait_until([&] { return waiting.asked > 2; }));
    EXPECT_FALSE(removed);
    EXPECT_TRUE(fs::exists(folder / "vm/disk.vmdk"));
    cloning.reset();
    remover.join();
    EXPECT_EQ(names_in(folder.path()), "");
}

TEST(Remove, OfATemplateIsRefused) {
    const TempFolder folder;
    const fs::path vmx = folder.write("vm/vm.vmx", "templateVM = \"TRUE\"\n");
    EXPECT_EQ(code_of([&] { delete_machine(vmx); }), VIX_E_TEMPLATE_VM);
    EXPECT_TRUE(fs::exists(vmx));
}

TEST(Remove, OfNothingIsNotFound) {
    const TempFolder folder;
    EXPECT_EQ(code_of([&] { delete_machine(folder / "vm.vmx"); }), VIX_E_VM_NOT_FOUND);
}

TEST(Remove, TakesTheLeftoversOfACloneThatDied) {
    const TempFolder folder;
    const fs::path vmx = folder.write("vm/vm.vmx", vmx_with_disks({}));
    folder.write("vm/.vix-staging-vm/.manifest", "");
    delete_machine(vmx);
    EXPECT_EQ(names_in(folder.path()), "");
}

class CancellingProgress : public Progress {
  public:
    explicit CancellingProgress(int step) : left_{step} {}
    void checkpoint(const char*) override {
        if (left_-- == 0) throw Error{VIX_E_CANCELLED, "cancelled"};
    }

  private:
    int left_;
};

TEST(Remove, StoppedAtAnyStepCanBeCalledAgain) {
    for (int step = 0; step < 8; ++step) {
        SCOPED_TRACE(step);
        const TempFolder folder;
        const fs::path vmx = testing::write_small_machine(folder / "vm");
        CancellingProgress progress{step};
        EXPECT_EQ(code_of([&] { remove_machine(vmx, RemoveDisks::Yes, {}, progress); }),
                  VIX_E_CANCELLED);
        EXPECT_TRUE(fs::exists(vmx));
        delete_machine(vmx);
        EXPECT_EQ(names_in(folder.path()), "");
    }
}

}  // namespace
}  // namespace vix::ops
