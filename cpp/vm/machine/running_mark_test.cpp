#include "vm/machine/running_mark.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>

#include "io/locks/lock.h"
#include "testing/disks/samples.h"
#include "testing/machines/machines.h"
#include "testing/machines/running.h"
#include "testing/process/failure.h"
#include "vm/machine/summary.h"

namespace vix::vm {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::contains;
using testing::TempFolder;

// A lock of a process on another host. Such a lock is never stale.
void lock_from_afar(const fs::path& file, io::LockKind kind) {
    io::LockMember member;
    member.machine = "uuid=56-4d-00-00-00-00-00-00-00-00-00-00-00-00-00-01";
    member.execution = "4242-132223242526272829(vmware-vmx.exe)";
    member.lamport = 1;
    member.kind = kind;
    member.creation = "132223242526272829";
    const fs::path folder = io::lock_folder(file);
    fs::create_directories(folder);
    testing::write_file(folder / "M00001.lck", io::to_text(member, folder));
}

std::optional<std::string> mark_of(const fs::path& vmx) {
    return running_mark(Machine::open(vmx, {}));
}

TEST(Summary, IsSummedUp) {
    const TempFolder folder;
    const fs::path vmx = folder.write("vm.vmx",
                                      "displayName = \"My VM\"\nguestOS = \"winxppro\"\n"
                                      "numvcpus = \"2\"\nmemsize = \"512\"\n");
    const Summary summary = summarize(vmx, {});
    EXPECT_EQ(summary.display_name, "My VM");
    EXPECT_EQ(summary.guest_os, "winxppro");
    EXPECT_EQ(summary.cpu_count, 2);
    EXPECT_EQ(summary.memory_mb, 512);
    EXPECT_FALSE(summary.encrypted);
    EXPECT_FALSE(summary.template_vm);
    EXPECT_EQ(summary.power_state, PowerState::Off);
}

TEST(Summary, HasTheUsualSizeWhereNothingIsSaid) {
    const TempFolder folder;
    const Summary summary = summarize(folder.write("vm.vmx", "a = \"1\"\n"), {});
    EXPECT_EQ(summary.cpu_count, 1);
    EXPECT_GT(summary.memory_mb, 0);
    EXPECT_EQ(summary.guest_os, "");
}

TEST(Summary, IsReadAnewEachTime) {
    const TempFolder folder;
    const fs::path vmx = folder.write("vm.vmx", "displayName = \"old\"\n");
    summarize(vmx, {});
    testing::write_file(vmx, "displayName = \"new\"\n");
    EXPECT_EQ(summarize(vmx, {}).display_name, "new");
    fs::remove(vmx);
    EXPECT_EQ(code_of([&] { summarize(vmx, {}); }), VIX_E_VM_NOT_FOUND);
}

TEST(Summary, SuspendedIsTold) {
    EXPECT_EQ(summarize(testing::sample_file("suspended/Mail Gate.vmx"), {}).power_state,
              PowerState::Suspended);
}

TEST(Summary, RunningIsToldBeforeSuspended) {
    const TempFolder folder;
    const fs::path vmx = folder.write("vm.vmx", "checkpoint.vmState = \"vm.vmss\"\n");
    lock_from_afar(vmx, io::LockKind::Exclusive);
    EXPECT_EQ(summarize(vmx, {}).power_state, PowerState::Running);
}

TEST(RunningMark, IsAnExclusiveLockOnTheVmx) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder.path());
    EXPECT_EQ(mark_of(vmx), std::nullopt);
    lock_from_afar(vmx, io::LockKind::Exclusive);
    EXPECT_TRUE(contains(mark_of(vmx).value_or(""), "vmware-vmx.exe"));
}

TEST(RunningMark, IsAnExclusiveLockOnADisk) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder.path());
    lock_from_afar(folder / "data.vmdk", io::LockKind::Exclusive);
    EXPECT_TRUE(contains(mark_of(vmx).value_or(""), "data.vmdk.lck"));
}

TEST(RunningMark, IsALockOnThePagingFile) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder.path());
    lock_from_afar(folder / "564d61c2-0e97-4ab8-935f-d7402b8ce619.vmem", io::LockKind::Exclusive);
    EXPECT_TRUE(mark_of(vmx).has_value());
}

TEST(RunningMark, IsNoSharedLock) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder.path());
    lock_from_afar(vmx, io::LockKind::Shared);
    EXPECT_EQ(mark_of(vmx), std::nullopt);
}

TEST(RunningMark, IsNoLockOfADeadProcess) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder.path());
    const pid_t pid = fork();
    if (pid == 0) {
        const io::Lock lock{vmx, io::LockKind::Exclusive};
        _exit(0);  // leaves the lock behind
    }
    waitpid(pid, nullptr, 0);
    ASSERT_TRUE(fs::exists(io::lock_folder(vmx)));
    EXPECT_EQ(mark_of(vmx), std::nullopt);
}

TEST(RunningMark, IsALiveLockOfAnother) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder.path());
    const testing::RunningElsewhere running{vmx};
    EXPECT_TRUE(mark_of(vmx).has_value());
}

TEST(RunningMark, IsNotTheLockOfAnOperationOfOurs) {
    const TempFolder folder;
    const fs::path vmx = testing::write_small_machine(folder.path());
    const io::Lock lock{vmx, io::LockKind::Exclusive};
    EXPECT_EQ(mark_of(vmx), std::nullopt);
}

TEST(RunningMark, IsNotLookedForAtDisksThatCannotBeFound) {
    const TempFolder folder;
    const fs::path vmx = folder.write(
        "vm.vmx", testing::vmx_with_disks({"scsi0:0=Z:\\gone.vmdk", "scsi0:1=gone.vmdk"}));
    EXPECT_EQ(mark_of(vmx), std::nullopt);
}

TEST(RunningMark, IsThatOfAMachineThatWorkstationRuns) {
    const TempFolder folder;
    const fs::path vmx = folder.write(
        "Depot 7 楼.vmx", testing::read_file(testing::sample_file("gbk-running/vm.vmx")));
    folder.write("Depot 7 楼.vmx.lck/M50731.lck",
                 testing::read_file(testing::sample_file("gbk-running/vmx.lck/M50731.lck")));
    EXPECT_TRUE(contains(mark_of(vmx).value_or(""), "vmware.exe"));
}

}  // namespace
}  // namespace vix::vm
