// Tests which calls are allowed on a machine that really runs or is really suspended.
#include <gtest/gtest.h>
#include <signal.h>

#include <boost/filesystem/operations.hpp>

#include "ops/clone/clone.h"
#include "ops/machine/remove.h"
#include "ops/machine/variables.h"
#include "ops/snapshots/live_snapshot.h"
#include "ops/snapshots/snapshot.h"
#include "power/domain/domain_identity.h"
#include "power/engine.h"
#include "power/libvirt/host.h"
#include "testing/machines/guest.h"
#include "testing/machines/machines.h"
#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"
#include "testing/process/waiting.h"
#include "vm/machine/running_mark.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;

class RunningMachine : public ::testing::Test {
  protected:
    void SetUp() override {
        const std::string reason = testing::why_nothing_runs();
        if (!reason.empty()) GTEST_SKIP() << reason;
        folder_.write("vm/a.vmdk", testing::mono_disk("a.vmdk", 'a', 1));
        vmx_ = folder_.write("vm/vm.vmx",
                             testing::vmx_with_disks({"scsi0:0=a.vmdk"}) + "memsize = \"32\"\n");
        snapshot_ = create_snapshot({vmx_, "off", "", settings_}, progress_);
        engine_.power_on(vmx_, power::StartAs::Running);
    }
    void TearDown() override {
        if (vmx_.empty() || !fs::exists(vmx_)) return;
        if (!vm::running_mark(vm::Machine::open(vmx_, settings_))) return;
        engine_.power_off(vmx_);
    }

    CloneRequest request(std::optional<int> snapshot) const {
        return {vmx_, folder_ / "clone/clone.vmx", settings_, snapshot};
    }
    ErrorCode full(std::optional<int> snapshot) {
        return code_of([&] { clone_full(request(snapshot), progress_); });
    }
    ErrorCode linked(std::optional<int> snapshot) {
        return code_of([&] { clone_linked(request(snapshot), progress_); });
    }

    std::string read(const std::string& name) {
        return read_config_variable({vmx_, settings_, testing::guest_settings(folder_ / "run")},
                                    name);
    }
    void write(const std::string& name, const std::string& value) {
        write_config_variable({vmx_, settings_, testing::guest_settings(folder_ / "run")}, name,
                              value, progress_);
    }
    void take_live_snapshot() {
        create_live_snapshot({vmx_, "live", "", settings_}, Memory::Included,
                             testing::guest_settings(folder_ / "run"), progress_);
    }
    pid_t process() {
        const auto path = power::canonical_path(vmx_);
        return power::HostShell{io::Environment::of_process()}
            .process_of_domain(power::name_for(path))
            ->pid;
    }

    testing::TempFolder folder_;
    vm::Settings settings_ = testing::plain_settings();
    power::Engine engine_{testing::guest_settings(folder_ / "run"), settings_};
    Progress progress_;
    fs::path vmx_;
    int snapshot_ = 0;
};

TEST_F(RunningMachine, IsNotClonedFull) {
    EXPECT_EQ(full({}), VIX_E_VM_IS_RUNNING);
}

TEST_F(RunningMachine, IsClonedLinkedOnlyFromASnapshotThatWasTakenWhileOff) {
    EXPECT_EQ(linked({}), VIX_E_VM_IS_RUNNING);
    EXPECT_EQ(linked(snapshot_), VIX_OK);
}

TEST_F(RunningMachine, RunsBesideItsLinkedClone) {
    ASSERT_EQ(linked(snapshot_), VIX_OK);
    const fs::path clone = folder_ / "clone/clone.vmx";
    engine_.power_on(clone, power::StartAs::Running);
    EXPECT_EQ(engine_.state(clone), vm::PowerState::Running);
    EXPECT_EQ(engine_.state(vmx_), vm::PowerState::Running);
    engine_.power_off(clone);
}

TEST_F(RunningMachine, KeepsItsSnapshotsAndFiles) {
    const auto revert = [&] { revert_to_snapshot(vmx_, snapshot_, settings_, progress_); };
    const auto take = [&] { create_snapshot({vmx_, "s", "", settings_}, progress_); };
    const auto remove = [&] { remove_machine(vmx_, RemoveDisks::Yes, settings_, progress_); };
    EXPECT_EQ(code_of(revert), VIX_E_VM_IS_RUNNING);
    EXPECT_EQ(code_of(take), VIX_E_VM_IS_RUNNING);
    EXPECT_EQ(code_of(remove), VIX_E_VM_IS_RUNNING);
}

TEST_F(RunningMachine, SuspendedIsClonedFullButNotLinked) {
    engine_.suspend(vmx_);
    EXPECT_EQ(linked(snapshot_), VIX_E_VM_IS_RUNNING);
    EXPECT_EQ(full({}), VIX_OK);
    const fs::path clone = folder_ / "clone/clone.vmx";
    EXPECT_EQ(engine_.state(clone), vm::PowerState::Off);
    engine_.power_on(clone, power::StartAs::Running);
    engine_.power_off(clone);
}

TEST_F(RunningMachine, SuspendedIsDeletedWithItsState) {
    engine_.suspend(vmx_);
    remove_machine(vmx_, RemoveDisks::Yes, settings_, progress_);
    EXPECT_FALSE(fs::exists(folder_ / "vm"));
}

TEST_F(RunningMachine, KeepsSettingsUntilItIsPoweredOff) {
    const std::string vmx = testing::read_file(vmx_);
    const std::string odd{"two\nlines, <\"'&%41\xC3\xA4"};
    write("displayName", odd);
    write("Any.Thing", "");
    write("memsize", "64");
    write("MEMSIZE", "96");
    EXPECT_EQ(read("DISPLAYNAME"), odd);
    EXPECT_EQ(read("memsize"), "96");
    EXPECT_EQ(read("any.thing"), "");
    EXPECT_EQ(testing::read_file(vmx_), vmx);
    engine_.suspend(vmx_);
    EXPECT_EQ(read("memsize"), "32");
    engine_.power_on(vmx_, power::StartAs::Running);
    EXPECT_EQ(read("memsize"), "96");
    engine_.power_off(vmx_);
    EXPECT_EQ(read("memsize"), "32");
    engine_.power_on(vmx_, power::StartAs::Running);
    EXPECT_EQ(read("memsize"), "32");
}

TEST_F(RunningMachine, LosesSettingsWithItsProcess) {
    write("memsize", "64");
    kill(process(), SIGKILL);
    ASSERT_TRUE(testing::wait_until([&] { return engine_.state(vmx_) == vm::PowerState::Off; }));
    EXPECT_EQ(read("memsize"), "32");
    write("memsize", "48");
    EXPECT_EQ(vm::Config::read(vmx_).find("memsize"), "48");
    engine_.power_on(vmx_, power::StartAs::Running);
    EXPECT_EQ(read("memsize"), "48");
}

TEST_F(RunningMachine, HasRoomForSoManySettings) {
    const std::string big(65536, '=');
    EXPECT_EQ(code_of([&] { write("a", big + '='); }), VIX_E_ARGUMENT_TOO_BIG);
    EXPECT_EQ(read("a"), "");
    ErrorCode code = VIX_OK;
    for (int i = 0; code == VIX_OK && i < 100; ++i) {
        code = code_of([&] { write("a" + std::to_string(i), big); });
    }
    EXPECT_EQ(code, VIX_E_ARGUMENT_TOO_BIG);
    EXPECT_EQ(read("a0"), big);
    take_live_snapshot();
    engine_.suspend(vmx_);
    engine_.power_on(vmx_, power::StartAs::Running);
    EXPECT_EQ(read("a0"), big);
}

// Nobody has written to the disk that the snapshot and its clones depend on.
TEST_F(RunningMachine, FrozenDiskIsNotTouched) {
    const std::string frozen = testing::read_file(folder_ / "vm/a.vmdk");
    engine_.suspend(vmx_);
    engine_.power_on(vmx_, power::StartAs::Running);
    engine_.power_off(vmx_);
    EXPECT_EQ(testing::read_file(folder_ / "vm/a.vmdk"), frozen);
}

}  // namespace
}  // namespace vix::ops
