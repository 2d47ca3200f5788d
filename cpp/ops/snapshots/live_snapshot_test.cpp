// Tests snapshots of machines that really run or are suspended. The tests write what a guest would
// write over the connection of its QEMU to the disks.
#include "ops/snapshots/live_snapshot.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "ops/clone/clone.h"
#include "ops/snapshots/snapshot.h"
#include "power/disks/served_disks.h"
#include "power/running_machine.h"
#include "testing/disks/alike.h"
#include "testing/machines/live_machine.h"
#include "testing/process/failure.h"
#include "testing/process/sweep.h"
#include "vm/machine/summary.h"
#include "vm/snapshots/machine_state.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::Stop;

using LiveSnapshots = testing::LiveMachine;

TEST_F(LiveSnapshots, FreezeTheDisksAndTheMachineGoesOn) {
    start();
    write('1');
    const int uid = take(Memory::LeftOut);
    const std::string a = testing::read_file(folder_ / "vm/a.vmdk");
    const std::string b = testing::read_file(folder_ / "vm/b.vmdk");
    EXPECT_EQ(engine_.state(vmx_), vm::PowerState::Running);
    EXPECT_EQ(value("scsi0:0.fileName"), "a-000001.vmdk");
    EXPECT_FALSE(tree().find(uid)->with_memory);
    write('2');
    EXPECT_TRUE(testing::alike(testing::read_file(folder_ / "vm/a.vmdk"), a));
    EXPECT_TRUE(testing::alike(testing::read_file(folder_ / "vm/b.vmdk"), b));
    engine_.power_off(vmx_);
    EXPECT_EQ(read_both(), "22");
    EXPECT_EQ(revert(uid), vm::PowerState::Off);
    EXPECT_EQ(read_both(), "11");
    EXPECT_EQ(names().find(".lck"), std::string::npos);
}

// Turns a new disk into one that QEMU would destroy, once the .vmx names it.
class SpoilsAChild : public Progress {
  public:
    explicit SpoilsAChild(fs::path child) : child_{std::move(child)} {}
    void checkpoint(const char* step) override {
        if (std::string{step} != "the machine is on its new disks") return;
        testing::make_qemu_destroy(child_);
    }

  private:
    fs::path child_;
};

TEST_F(LiveSnapshots, AreRefusedOnADiskThatQemuWouldDestroy) {
    start();
    write('1');
    SpoilsAChild spoils{folder_ / "vm/b-000001.vmdk"};
    const std::string detail = testing::detail_of([&] { take(Memory::LeftOut, spoils); });
    EXPECT_TRUE(testing::contains(detail, "b-000001.vmdk cannot be written")) << detail;
    EXPECT_EQ(code_of([&] { take(Memory::LeftOut, spoils); }), VIX_E_DISK_NOTSUPPORTED);
    EXPECT_EQ(engine_.state(vmx_), vm::PowerState::Running);
    EXPECT_EQ(value("scsi0:0.fileName") + value("scsi0:1.fileName"), "a.vmdkb.vmdk");
    EXPECT_TRUE(tree().snapshots().empty());
    EXPECT_EQ(names().find("-000001"), std::string::npos) << names();
    write('2');
    const int uid = take(Memory::LeftOut);
    write('3');
    engine_.power_off(vmx_);
    EXPECT_EQ(read_both(), "33");
    revert(uid);
    EXPECT_EQ(read_both(), "22");
}

// By then the guest writes to the new disks, so they must not be removed.
TEST_F(LiveSnapshots, AreWholeWhereTheFormerDisksStayMarked) {
    start();
    write('1');
    const fs::path seen = folder_ / "seen";
    int uid = 0;
    when_marks_are_noted("[ ! -e " + seen.string() + " ] || exit 1; : >" + seen.string(),
                         [&] { uid = take(Memory::LeftOut); });
    EXPECT_TRUE(fs::exists(seen));
    EXPECT_NE(tree().find(uid), nullptr);
    write('2');
    engine_.power_off(vmx_);
    EXPECT_EQ(read_both(), "22");
    EXPECT_EQ(revert(uid), vm::PowerState::Off);
    EXPECT_EQ(read_both(), "11");
}

TEST_F(LiveSnapshots, KeepTheNewDisksWhereTheServerIsLostOnTheWay) {
    start();
    write('1');
    std::string detail;
    when_marks_are_noted(R"sh(kill -KILL "$(cat server.pid)")sh",
                         [&] { detail = testing::detail_of([&] { take(Memory::LeftOut); }); });
    EXPECT_NE(detail.find("is unknown, so they stay"), std::string::npos) << detail;
    EXPECT_TRUE(tree().snapshots().empty());
    engine_.power_off(vmx_);
    EXPECT_EQ(value("scsi0:0.fileName"), "a-000001.vmdk");
    EXPECT_EQ(value("scsi0:1.fileName"), "b-000001.vmdk");
    EXPECT_EQ(read_both(), "11");
    start();
    write('2');
    engine_.power_off(vmx_);
    EXPECT_EQ(read_both(), "22");
}

TEST_F(LiveSnapshots, StandOnEachOther) {
    start();
    int uids[3] = {};
    for (int i = 0; i < 3; ++i) {
        write(static_cast<char>('1' + i));
        uids[i] = take(Memory::LeftOut);
    }
    write('4');
    engine_.power_off(vmx_);
    EXPECT_EQ(read_both(), "44");
    for (int i = 0; i < 3; ++i) {
        revert(uids[i]);
        EXPECT_EQ(read_both(), std::string(2, static_cast<char>('1' + i)));
    }
    start();
}

TEST_F(LiveSnapshots, OfAPausedMachineLeaveItPaused) {
    engine_.power_on(vmx_, power::StartAs::Paused);
    take(Memory::LeftOut);
    EXPECT_EQ(engine_.state(vmx_), vm::PowerState::Paused);
    take(Memory::Included);
    EXPECT_EQ(engine_.state(vmx_), vm::PowerState::Paused);
}

TEST_F(LiveSnapshots, WithMemoryComeBackRunning) {
    start();
    write('1');
    const int uid = take(Memory::Included);
    EXPECT_EQ(engine_.state(vmx_), vm::PowerState::Running);
    EXPECT_TRUE(tree().find(uid)->with_memory);
    write('2');
    engine_.power_off(vmx_);
    const auto memory = testing::read_file(folder_ / "vm/vm-Snapshot1.vmem");
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(revert(uid), vm::PowerState::Running);
        EXPECT_EQ(engine_.state(vmx_), vm::PowerState::Suspended);
        EXPECT_EQ(value("checkpoint.vmState"), "vm-Snapshot1.vmsn");
        EXPECT_EQ(value("checkpoint.vmState.readOnly"), "TRUE");
        EXPECT_EQ(read_both(), "11");
        start();
        EXPECT_EQ(value("checkpoint.vmState"), "");
        EXPECT_EQ(value("checkpoint.vmState.readOnly"), "FALSE");
        write('3');
        engine_.power_off(vmx_);
        EXPECT_EQ(read_both(), "33");
    }
    EXPECT_TRUE(testing::alike(testing::read_file(folder_ / "vm/vm-Snapshot1.vmem"), memory));
    remove_snapshot(vmx_, uid, RemoveChildren::No, settings_, progress_);
    EXPECT_EQ(names().find("Snapshot1"), std::string::npos) << names();
}

TEST_F(LiveSnapshots, WithMemoryAreNotCloned) {
    start();
    const int uid = take(Memory::Included);
    engine_.power_off(vmx_);
    const CloneRequest request{vmx_, folder_ / "clone/clone.vmx", settings_, uid};
    EXPECT_EQ(code_of([&] { clone_full(request, progress_); }), VIX_E_VM_IS_RUNNING);
    EXPECT_EQ(code_of([&] { clone_linked(request, progress_); }), VIX_E_VM_IS_RUNNING);
}

TEST_F(LiveSnapshots, WithoutMemoryAreClonedWhileTheMachineRuns) {
    start();
    write('1');
    const int uid = take(Memory::LeftOut);
    write('2');
    const CloneRequest request{vmx_, folder_ / "clone/clone.vmx", settings_, uid};
    clone_linked(request, progress_);
    engine_.power_on(request.destination, power::StartAs::Running);
    engine_.power_off(request.destination);
    engine_.power_off(vmx_);
    vmx_ = request.destination;
    EXPECT_EQ(read_both(), "11");
}

TEST_F(LiveSnapshots, WithMemoryThatIsGoneAreNotGoneBackTo) {
    start();
    const int uid = take(Memory::Included);
    engine_.power_off(vmx_);
    fs::remove(folder_ / "vm/vm-Snapshot1.vmem");
    EXPECT_EQ(code_of([&] { revert(uid); }), VIX_E_SNAPSHOT_NOT_REVERTABLE);
}

TEST_F(LiveSnapshots, TakeNoIndependentDisk) {
    testing::write_file(vmx_,
                        testing::read_file(vmx_) + "scsi0:1.mode = \"independent-persistent\"\n");
    start();
    EXPECT_EQ(code_of([&] { take(Memory::LeftOut); }), VIX_E_SNAPSHOT_INDEPENDENTDISK);
    EXPECT_EQ(code_of([&] { take(Memory::Included); }), VIX_E_SNAPSHOT_MEMORY_ON_INDEPENDENT_DISK);
}

TEST_F(LiveSnapshots, OfASuspendedMachineHaveItsMemory) {
    start();
    write('1');
    engine_.suspend(vmx_);
    const int uid = create_snapshot({vmx_, "suspended", "", settings_}, progress_);
    EXPECT_EQ(engine_.state(vmx_), vm::PowerState::Suspended);
    EXPECT_EQ(names().find(".vmss"), std::string::npos) << names();
    const auto again = [&] { create_snapshot({vmx_, "again", "", settings_}, progress_); };
    EXPECT_EQ(code_of(again), VIX_E_SNAPSHOT_NOCHANGE);
    start();
    write('2');
    engine_.power_off(vmx_);
    EXPECT_EQ(revert(uid), vm::PowerState::Suspended);
    EXPECT_EQ(engine_.state(vmx_), vm::PowerState::Suspended);
    remove_snapshot(vmx_, uid, RemoveChildren::No, settings_, progress_);
    EXPECT_EQ(engine_.state(vmx_), vm::PowerState::Suspended);
    start();
    EXPECT_EQ(engine_.state(vmx_), vm::PowerState::Running);
    engine_.power_off(vmx_);
    EXPECT_EQ(read_both(), "11");
}

TEST_F(LiveSnapshots, AreRemovedWhileTheMachineRuns) {
    start();
    write('1');
    const int first = take(Memory::LeftOut);
    write('2');
    const int second = take(Memory::Included);
    write('3');
    const auto remove = [&](int uid) {
        remove_live_snapshot(vmx_, uid, RemoveChildren::No, settings_,
                             testing::guest_settings(folder_ / "run"), progress_);
    };
    remove(first);
    remove(second);
    EXPECT_TRUE(tree().snapshots().empty());
    EXPECT_EQ(names().find("Snapshot"), std::string::npos) << names();
    write('4');
    engine_.power_off(vmx_);
    EXPECT_EQ(read_both(), "44");
    const int third = create_snapshot({vmx_, "off", "", settings_}, progress_);
    remove_snapshot(vmx_, third, RemoveChildren::No, settings_, progress_);
    EXPECT_EQ(read_both(), "44");
    EXPECT_EQ(names(), "a.vmdk b.vmdk vm.vmsd vm.vmx");
}

TEST_F(LiveSnapshots, OfOtherBranchesAreMergedWhileTheMachineRuns) {
    const int base = create_snapshot({vmx_, "base", "", settings_}, progress_);
    const int leaf = create_snapshot({vmx_, "leaf", "", settings_}, progress_);
    revert(base);
    start();
    write('1');
    remove_live_snapshot(vmx_, leaf, RemoveChildren::No, settings_,
                         testing::guest_settings(folder_ / "run"), progress_);
    engine_.power_off(vmx_);
    EXPECT_EQ(read_both(), "11");
    EXPECT_EQ(names().find("-000001"), std::string::npos) << names();
}

// Whenever the process is killed, the machine can resume on the disks that its .vmx names, and no
// recorded snapshot depends on them.
enum class Keeps { NoMemory, Memory, PlainMemoryToo };

class LiveSnapshotSweep : public LiveSnapshots, public ::testing::WithParamInterface<Keeps> {
  protected:
    LiveSnapshotSweep() { settings_.plain_memory = GetParam() == Keeps::PlainMemoryToo; }

    const Memory memory_ = GetParam() == Keeps::NoMemory ? Memory::LeftOut : Memory::Included;
};

INSTANTIATE_TEST_SUITE_P(OfMemory, LiveSnapshotSweep,
                         ::testing::Values(Keeps::NoMemory, Keeps::Memory, Keeps::PlainMemoryToo));

TEST_P(LiveSnapshotSweep, DiesAtAnyStep) {
    start();
    write('1');
    int step = 0;
    while (testing::stopped_by_death(Stop::Death, step,
                                     [&](Progress& progress) { take(memory_, progress); })) {
        open_without_use();
        power::take_up_held(vmx_, testing::guest_settings(folder_ / "run"), settings_);
        ASSERT_EQ(engine_.state(vmx_), vm::PowerState::Running);
        write('2');
        power::ServedDisks served{server()};
        const vm::Machine machine = vm::Machine::open(vmx_, settings_);
        for (const vm::DiskDevice& device : machine.disks()) {
            const fs::path disk = machine.find_disk(device);
            EXPECT_EQ(served.top(device.node), disk);
            const vm::SnapshotTree list = tree();
            for (const vm::Snapshot& snapshot : list.snapshots()) {
                for (const auto& frozen : snapshot.disks)
                    EXPECT_NE(frozen.file.name, disk.filename());
            }
        }
        ++step;
    }
    EXPECT_GE(step, 3);
    EXPECT_EQ(names().find(".core."), std::string::npos) << names();
    EXPECT_EQ(names().find(".plain.vmem") != std::string::npos, settings_.plain_memory) << names();
    engine_.power_off(vmx_);
    EXPECT_EQ(read_both(), "22");
    start();
}

TEST_P(LiveSnapshotSweep, FailsAtAnyStep) {
    start();
    write('1');
    int step = 0;
    while (
        testing::stopped_by_failure(step, [&](Progress& progress) { take(memory_, progress); })) {
        ASSERT_EQ(engine_.state(vmx_), vm::PowerState::Running);
        EXPECT_TRUE(tree().snapshots().empty());
        EXPECT_EQ(names().find("Snapshot"), std::string::npos) << names();
        write('2');
        ++step;
    }
    engine_.power_off(vmx_);
    EXPECT_EQ(read_both(), "22");
}

}  // namespace
}  // namespace vix::ops
