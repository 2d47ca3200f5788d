#include "power/engine.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/filesystem/directory.hpp>
#include <boost/filesystem/operations.hpp>
#include <chrono>
#include <fstream>
#include <future>
#include <iterator>
#include <set>
#include <thread>

#include "io/process/c_locale.h"
#include "power/domain/domain_identity.h"
#include "power/guest/guest_agent.h"
#include "power/libvirt/host.h"
#include "power/saved_state.h"
#include "testing/machines/guest.h"
#include "testing/machines/machines.h"
#include "testing/process/environment_reads.h"
#include "testing/process/failure.h"
#include "testing/process/system_calls.h"
#include "testing/process/temp_folder.h"
#include "testing/process/waiting.h"
#include "vm/machine/running_mark.h"

namespace vix::power {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::TempFolder;

// A machine with an empty disk: its processor runs, but finds no system to boot.
class Power : public ::testing::Test {
  protected:
    void SetUp() override {
        const std::string reason = testing::why_nothing_runs();
        if (!reason.empty()) GTEST_SKIP() << reason;
        folder_.write("vm/a.vmdk", testing::mono_disk("a.vmdk", 'a', 1));
        vmx_ = folder_.write("vm/vm.vmx", testing::vmx_with_disks({"scsi0:0=a.vmdk"}) +
                                              "memsize = \"32\"\nethernet0.present = \"TRUE\"\n");
    }
    void TearDown() override {
        if (vmx_.empty() || !vm::running_mark(vm::Machine::open(vmx_, {}))) return;
        engine().power_off(vmx_);
    }

    Engine engine() const {
        return Engine{testing::guest_settings(folder_ / "run"), testing::plain_settings()};
    }
    fs::path scratch_of(const fs::path& vmx) const {
        return folder_ / ("vm/a.vmdk.REDO_" + digits_for(vmx) + ".qcow2");
    }
    pid_t process() const {
        return HostShell{io::Environment::of_process()}.process_of_domain(name_for(vmx_))->pid;
    }

    TempFolder folder_;
    fs::path vmx_;
};

// The first start may add keys to the .vmx; nothing else may change.
TEST_F(Power, OffIsAsItWas) {
    engine().power_on(vmx_, StartAs::Running);
    engine().power_off(vmx_);
    EXPECT_EQ(testing::names_in(vmx_.parent_path()), "a.vmdk vm.vmx");
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Off);
    EXPECT_EQ(code_of([&] { engine().power_off(vmx_); }), VIX_E_VM_NOT_RUNNING);
    EXPECT_FALSE(fs::exists(folder_ / "run" / uuid_for(vmx_)));
}

TEST_F(Power, RunningIsSeenByAll) {
    engine().power_on(vmx_, StartAs::Running);
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Running);
    EXPECT_TRUE(vm::running_mark(vm::Machine::open(vmx_, {})));
    const auto running = engine().running_machines();
    EXPECT_NE(std::find(running.begin(), running.end(), vmx_), running.end());
    EXPECT_EQ(code_of([&] { engine().power_on(vmx_, StartAs::Running); }), VIX_E_VM_IS_RUNNING);
}

// libvirt reads these at each connection. What it reads while it loads was read in this thread, and
// the variables for our own programs were copied.
TEST_F(Power, ThreadOfAJobReadsNoMoreOfTheEnvironmentThanLibvirtMust) {
    const Engine engine = this->engine();
    testing::watch_environment();
    std::thread{[&] {
        const io::CLocale locale;
        engine.power_on(vmx_, StartAs::Running);
        engine.pause(vmx_);
        engine.power_off(vmx_);
        code_of([&] { engine.power_off(vmx_); });
    }}.join();
    const std::set<std::string> known{"LIBVIRT_AUTOSTART", "VIRTD_PATH"};
    for (const auto& name : testing::variables_read_by_threads()) {
        EXPECT_TRUE(known.contains(name)) << name;
    }
}

// A clone has the port of its source.
TEST_F(Power, SecondDisplayAtOnePortGoesToAnother) {
    const std::string lines =
        "RemoteDisplay.vnc.enabled = \"TRUE\"\nRemoteDisplay.vnc.port = \"5977\"\n"
        "RemoteDisplay.vnc.ip = \"127.0.0.1\"\n";
    testing::write_file(vmx_, testing::read_file(vmx_) + lines);
    folder_.write("two/b.vmdk", testing::mono_disk("b.vmdk", 'b', 1));
    const fs::path other = folder_.write(
        "two/two.vmx", testing::vmx_with_disks({"scsi0:0=b.vmdk"}) + "memsize = \"32\"\n" + lines);
    const auto count_of = [](const std::vector<std::string>& notes, const std::string& words) {
        return std::count_if(notes.begin(), notes.end(), [&](const std::string& note) {
            return note.find(words) != std::string::npos;
        });
    };
    EXPECT_EQ(count_of(engine().power_on(vmx_, StartAs::Running), "vnc.port"), 0);
    EXPECT_EQ(count_of(engine().power_on(other, StartAs::Running), "is at port 5978"), 1);
    // Suspended, then resumed while its former port is taken.
    engine().suspend(vmx_);
    const fs::path third = folder_.write("three/three.vmx", "memsize = \"32\"\n" + lines);
    engine().power_on(third, StartAs::Running);
    EXPECT_EQ(count_of(engine().power_on(vmx_, StartAs::Running), "is at port 5979"), 1);
    EXPECT_EQ(engine().state(other), vm::PowerState::Running);
    engine().power_off(other);
    engine().power_off(third);
}

TEST_F(Power, OfTwoStartsAtOnceOneIsRefused) {
    auto other = std::async(std::launch::async, [&] {
        return code_of([&] { engine().power_on(vmx_, StartAs::Running); });
    });
    const auto own = code_of([&] { engine().power_on(vmx_, StartAs::Running); });
    const std::set<ErrorCode> codes{own, other.get()};
    EXPECT_EQ(codes, (std::set<ErrorCode>{VIX_OK, VIX_E_VM_IS_RUNNING}));
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Running);
}

// As on a busy host: the first start is stopped while it takes its lock.
TEST_F(Power, OfTwoStartsOfWhichOneIsSlowOneIsRefused) {
    testing::Halt halt{"vm.vmx.lck/E"};
    auto slow = std::async(std::launch::async, [&] {
        return code_of([&] { engine().power_on(vmx_, StartAs::Running); });
    });
    EXPECT_TRUE(testing::wait_until([&] { return halt.reached(); }));
    const auto quick = code_of([&] { engine().power_on(vmx_, StartAs::Running); });
    halt.go_on();
    EXPECT_EQ(quick, VIX_OK);
    EXPECT_EQ(slow.get(), VIX_E_VM_IS_RUNNING);
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Running);
}

// libvirt completes a request even if the process that asked was killed.
TEST_F(Power, DomainThatAKilledStartGetsLateIsNoHindrance) {
    engine().power_on(vmx_, StartAs::Running);
    const Connection connection{testing::guest_settings(folder_ / "run")};
    const std::string description = connection.find(uuid_for(vmx_))->description();
    engine().power_off(vmx_);
    auto late = std::async(std::launch::async, [&] {
        const fs::path served = folder_ / "run" / uuid_for(vmx_) / "server.pid";
        testing::wait_until([&] { return fs::exists(served); });
        return code_of([&] { connection.start(description, StartAs::Paused); });
    });
    EXPECT_EQ(code_of([&] { engine().power_on(vmx_, StartAs::Running); }), VIX_OK);
    late.wait();
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Running);
}

// Whatever the step at which a start is killed, it neither prevents the next start nor takes
// anything from it afterwards.
TEST_F(Power, StartThatDiedHalfwayIsNoHindrance) {
    for (const int delay_ms : {10, 60, 150, 300, 450}) {
        SCOPED_TRACE(delay_ms);
        const pid_t child = fork();
        if (child == 0) {
            code_of([&] { engine().power_on(vmx_, StartAs::Running); });
            _exit(0);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{delay_ms});
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        if (engine().state(vmx_) == vm::PowerState::Off) engine().power_on(vmx_, StartAs::Running);
        // Killed between its last two steps: the running mark is set, the processors wait.
        if (engine().state(vmx_) == vm::PowerState::Paused) engine().unpause(vmx_);
        std::this_thread::sleep_for(std::chrono::milliseconds{500});
        EXPECT_EQ(engine().state(vmx_), vm::PowerState::Running);
        const fs::path folder = folder_ / "run" / uuid_for(vmx_);
        ASSERT_TRUE(fs::exists(folder / "server.pid"));
        EXPECT_EQ(kill(std::stoi(testing::read_file(folder / "server.pid")), 0), 0);
        engine().power_off(vmx_);
    }
}

// Resuming from the old memory, on disks that the guest has changed since, would damage them.
TEST_F(Power, UnpausedAfterAKilledStartForgetsTheMemoryItWasResumedFrom) {
    engine().power_on(vmx_, StartAs::Paused);
    record_state(vm::Machine::open(vmx_, {}), "vm-1.vmss");
    engine().unpause(vmx_);
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Running);
    EXPECT_FALSE(vm::Config::read(vmx_).is_suspended());
}

TEST_F(Power, CrashedIsOff) {
    engine().power_on(vmx_, StartAs::Running);
    kill(process(), SIGKILL);
    EXPECT_TRUE(testing::wait_until([&] { return engine().state(vmx_) == vm::PowerState::Off; }));
    engine().power_on(vmx_, StartAs::Running);
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Running);
}

// Whether the machine's supervisor has begun to wait for the machine's end.
bool is_watched(pid_t machine) {
    const std::string watch = "tail" + std::string(1, '\0') + "--pid=" + std::to_string(machine);
    for (const auto& process : fs::directory_iterator{"/proc"}) {
        std::ifstream file{(process.path() / "cmdline").string()};  // not all are processes
        const std::string words{std::istreambuf_iterator<char>{file}, {}};
        if (words.starts_with(watch)) return true;
    }
    return false;
}

TEST_F(Power, DisksAreServedNoLongerThanTheMachineRunsThoughTheirFolderIsGone) {
    engine().power_on(vmx_, StartAs::Running);
    const fs::path folder = folder_ / "run" / uuid_for(vmx_);
    const pid_t server = std::stoi(testing::read_file(folder / "server.pid"));
    ASSERT_EQ(kill(server, 0), 0);
    ASSERT_TRUE(testing::wait_until([&] { return is_watched(process()); }));
    fs::remove_all(folder);
    kill(process(), SIGKILL);
    EXPECT_TRUE(testing::wait_until([&] { return kill(server, 0) != 0; }));
}

TEST_F(Power, PausedUntilUnpaused) {
    engine().power_on(vmx_, StartAs::Paused);
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Paused);
    engine().unpause(vmx_);
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Running);
    engine().pause(vmx_);
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Paused);
}

TEST_F(Power, ResetGoesOnRunning) {
    engine().power_on(vmx_, StartAs::Running);
    const pid_t before = process();
    engine().reset(vmx_);
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Running);
    EXPECT_EQ(process(), before);
}

TEST_F(Power, SuspendedIsRecordedAsVmwareDoes) {
    engine().power_on(vmx_, StartAs::Running);
    engine().suspend(vmx_);
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Suspended);
    const auto file = state_file_for(vm::Machine::open(vmx_, {}));
    EXPECT_EQ(vm::Config::read(vmx_).find("checkpoint.vmState"), file.filename().string());
    EXPECT_TRUE(fs::exists(file));
    EXPECT_EQ(code_of([&] { engine().power_off(vmx_); }), VIX_E_VM_NOT_RUNNING);
    EXPECT_EQ(code_of([&] { engine().suspend(vmx_); }), VIX_E_VM_NOT_RUNNING);
    engine().power_on(vmx_, StartAs::Running);
    EXPECT_FALSE(fs::exists(file));
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Running);
}

TEST_F(Power, OthersSuspendedStateIsNotTouched) {
    testing::write_file(vmx_, testing::read_file(vmx_) + "checkpoint.vmState = \"vm-1.vmss\"\n");
    const auto file = folder_.write("vm/vm-1.vmss", "\xd2\xbe\xd2\xbe and then VMware's");
    EXPECT_EQ(code_of([&] { engine().power_on(vmx_, StartAs::Running); }),
              VIX_E_CANNOT_POWER_ON_VM);
    EXPECT_TRUE(fs::exists(file));
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Suspended);
}

TEST_F(Power, InterruptedSuspendStartsAnew) {
    const std::string name = state_file_for(vm::Machine::open(vmx_, {})).filename().string();
    folder_.write("vm/" + name, "LibvirtQemudPart");
    testing::write_file(vmx_, testing::read_file(vmx_) + "checkpoint.vmState = \"" + name + "\"\n");
    engine().power_on(vmx_, StartAs::Running);
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Running);
}

// This is how master disks are shared: the writes of each machine go to a file of its own.
TEST_F(Power, TwoMachinesOnOneNonpersistentDiskKeepApart) {
    const std::string mode = "scsi0:0.mode = \"independent-nonpersistent\"\n";
    testing::write_file(vmx_, testing::read_file(vmx_) + mode);
    const fs::path other =
        folder_.write("two/two.vmx", testing::vmx_with_disks({"scsi0:0=../vm/a.vmdk"}) +
                                         "memsize = \"32\"\n" + mode);
    const std::string before = testing::read_file(folder_ / "vm/a.vmdk");
    engine().power_on(vmx_, StartAs::Running);
    engine().suspend(vmx_);
    const std::string kept = testing::read_file(scratch_of(vmx_));
    engine().power_on(other, StartAs::Running);
    EXPECT_TRUE(fs::exists(scratch_of(other)));
    engine().power_off(other);
    EXPECT_FALSE(fs::exists(scratch_of(other)));
    EXPECT_EQ(testing::read_file(scratch_of(vmx_)), kept);
    engine().power_on(vmx_, StartAs::Running);
    engine().power_on(other, StartAs::Running);
    engine().power_off(other);
    engine().power_off(vmx_);
    EXPECT_EQ(testing::read_file(folder_ / "vm/a.vmdk"), before);
}

// Whatever a .vmx says about sharing, a disk has one writer.
TEST_F(Power, DiskThatAnotherMachineUsesIsRefused) {
    const std::string sharing =
        "disk.locking = \"FALSE\"\nscsi0.present = \"TRUE\"\nscsi0.sharedBus = \"virtual\"\n";
    testing::write_file(vmx_, testing::read_file(vmx_) + sharing);
    const fs::path other =
        folder_.write("two/two.vmx", testing::vmx_with_disks({"scsi0:0=../vm/a.vmdk"}) +
                                         "memsize = \"32\"\n" + sharing);
    const auto notes = engine().power_on(vmx_, StartAs::Running);
    EXPECT_TRUE(std::any_of(notes.begin(), notes.end(), [](const std::string& note) {
        return note.find("scsi0.sharedBus = \"virtual\" is not followed") != std::string::npos;
    }));
    EXPECT_EQ(code_of([&] { engine().power_on(other, StartAs::Running); }),
              VIX_E_FILE_ALREADY_LOCKED);
    engine().power_off(vmx_);
    engine().power_on(other, StartAs::Running);
    EXPECT_EQ(code_of([&] { engine().power_on(vmx_, StartAs::Running); }),
              VIX_E_FILE_ALREADY_LOCKED);
    engine().power_off(other);
}

TEST_F(Power, WorkingFolderHoldsWhatWasSuspended) {
    testing::write_file(vmx_, testing::read_file(vmx_) + "workingDir = \"../work\"\n");
    const auto notes = engine().power_on(vmx_, StartAs::Running);
    EXPECT_TRUE(std::any_of(notes.begin(), notes.end(), [](const std::string& note) {
        return note.find("workingDir = \"../work\" names no folder") != std::string::npos;
    }));
    EXPECT_EQ(code_of([&] { engine().suspend(vmx_); }), VIX_E_FILE_NOT_FOUND);
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Running);
    fs::create_directory(folder_ / "work");
    engine().suspend(vmx_);
    EXPECT_EQ(testing::names_in(folder_ / "work"), "vm-" + digits_for(vmx_) + ".vmss");
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Suspended);
    engine().power_on(vmx_, StartAs::Running);
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Running);
    EXPECT_EQ(testing::names_in(folder_ / "work"), "");
}

TEST_F(Power, NonpersistentDiskStaysAsItWas) {
    testing::write_file(
        vmx_, testing::read_file(vmx_) + "scsi0:0.mode = \"independent-nonpersistent\"\n");
    const std::string before = testing::read_file(folder_ / "vm/a.vmdk");
    engine().power_on(vmx_, StartAs::Running);
    engine().suspend(vmx_);
    EXPECT_TRUE(fs::exists(scratch_of(vmx_)));
    engine().power_on(vmx_, StartAs::Running);
    engine().power_off(vmx_);
    EXPECT_FALSE(fs::exists(scratch_of(vmx_)));
    EXPECT_EQ(testing::read_file(folder_ / "vm/a.vmdk"), before);
}

// A power-on discards what the guest wrote before.
TEST_F(Power, NonpersistentDiskWhoseFormerWritesStayIsRefused) {
    testing::write_file(
        vmx_, testing::read_file(vmx_) + "scsi0:0.mode = \"independent-nonpersistent\"\n");
    testing::write_file(scratch_of(vmx_), "former");
    const testing::Refusal refusal{testing::Call::Unlink, ".REDO_"};
    const auto start = [&] { engine().power_on(vmx_, StartAs::Running); };
    EXPECT_TRUE(testing::contains(testing::detail_of(start), scratch_of(vmx_).string()));
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Off);
}

TEST_F(Power, FailedStartLeavesNothing) {
    testing::write_file(folder_ / "vm/a.vmdk", "no disk");
    const std::string before = testing::names_in(vmx_.parent_path());
    EXPECT_NE(code_of([&] { engine().power_on(vmx_, StartAs::Running); }), VIX_OK);
    EXPECT_EQ(testing::names_in(vmx_.parent_path()), before);
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Off);
}

TEST_F(Power, UefiKeepsItsVariablesBesideTheVmx) {
    if (!fs::exists("/usr/share/OVMF")) GTEST_SKIP() << "no OVMF";
    testing::write_file(vmx_, testing::read_file(vmx_) + "firmware = \"efi\"\n");
    engine().power_on(vmx_, StartAs::Running);
    engine().suspend(vmx_);
    engine().power_on(vmx_, StartAs::Running);
    EXPECT_TRUE(fs::exists(folder_ / "vm/vm.OVMF_VARS.fd"));
}

// The variables of a machine that started with secure boot have its keys.
TEST_F(Power, SecureBootHasVariablesWithKeys) {
    if (!fs::exists("/usr/share/OVMF/OVMF_VARS_4M.ms.fd")) GTEST_SKIP() << "no OVMF";
    testing::write_file(vmx_, testing::read_file(vmx_) +
                                  "firmware = \"efi\"\nuefi.secureBoot.enabled = \"TRUE\"\n");
    const auto noted = [&] {
        std::string notes;
        for (const auto& note : engine().power_on(vmx_, StartAs::Running)) notes += note + '\n';
        return notes;
    };
    EXPECT_FALSE(testing::contains(noted(), "secure"));
    const fs::path variables = folder_ / "vm/vm.OVMF_VARS.fd";
    EXPECT_TRUE(testing::contains(testing::read_file(variables), std::string("P\0K\0\0\0", 6)));
    engine().suspend(vmx_);
    engine().power_on(vmx_, StartAs::Running);
    engine().power_off(vmx_);
    fs::copy_file("/usr/share/OVMF/OVMF_VARS_4M.fd", variables,
                  fs::copy_options::overwrite_existing);
    EXPECT_TRUE(testing::contains(noted(), "runs without"));
}

// The keys and the encrypted nvram of such a machine stay as they are, while its guest runs with
// another TPM.
TEST_F(Power, MachineThatIsEncryptedForItsTpmStartsWithATpmOfItsOwn) {
    testing::encrypt_for_tpm(vmx_);
    const auto start = [&] { engine().power_on(vmx_, StartAs::Running); };
    EXPECT_EQ(code_of(start), VIX_E_NEED_KEY);
    EXPECT_TRUE(testing::contains(testing::detail_of(start), "power.tpm"));
    if (!io::find_program(io::Environment::of_process(), "swtpm")) GTEST_SKIP() << "no swtpm";
    const auto before = vm::Config::read(vmx_);
    const std::string nvram = testing::read_file(folder_ / "vm/vm.nvram");
    auto settings = testing::guest_settings(folder_ / "run");
    settings.tpm = Tpm::Own;
    const Engine own{settings, testing::plain_settings()};
    const auto notes = own.power_on(vmx_, StartAs::Running);
    EXPECT_TRUE(std::any_of(notes.begin(), notes.end(), [](const std::string& note) {
        return testing::contains(note, "BitLocker");
    }));
    const auto description =
        Connection{settings}.find(uuid_for(canonical_path(vmx_)))->description();
    EXPECT_TRUE(testing::contains(description, "tpm-crb")) << description;
    own.suspend(vmx_);
    own.power_on(vmx_, StartAs::Running);
    own.power_off(vmx_);
    const auto after = vm::Config::read(vmx_);
    for (const char* key : {"encryption.keySafe", "encryption.data", "vtpm.ekCRT", "nvram"}) {
        EXPECT_EQ(after.find(key), before.find(key)) << key;
    }
    EXPECT_EQ(testing::read_file(folder_ / "vm/vm.nvram"), nvram);
}

TEST(PowerHost, SecureFirmwareOfASettingThatIsNotThereIsNamed) {
    const TempFolder folder;
    Settings settings;
    settings.secure_firmware_code = folder.write("code.fd", "");
    settings.secure_firmware_vars = folder / "vars.fd";
    const HostShell host{io::Environment::of_process()};
    const auto find = [&] { return find_secure_firmware(settings, host); };
    EXPECT_EQ(code_of(find), VIX_E_FILE_NOT_FOUND);
    EXPECT_NE(testing::detail_of(find).find("power.secureBootVars"), std::string::npos);
    folder.write("vars.fd", "");
    EXPECT_EQ(find()->code, settings.secure_firmware_code);
}

TEST(PowerHost, FirmwareOfASettingThatIsNotThereIsNamed) {
    const TempFolder folder;
    Settings settings;
    settings.firmware_code = folder.write("code.fd", "");
    settings.firmware_vars = folder / "vars.fd";
    const HostShell host{io::Environment::of_process()};
    const auto find = [&] { return find_firmware(settings, host); };
    EXPECT_EQ(code_of(find), VIX_E_FILE_NOT_FOUND);
    EXPECT_NE(testing::detail_of(find).find("power.firmwareVars"), std::string::npos);
    folder.write("vars.fd", "");
    EXPECT_EQ(find().code, settings.firmware_code);
}

// If nothing is served, libvirt is not asked what runs.
TEST(PowerHost, NoLibvirtIsAClearError) {
    const TempFolder folder;
    Settings settings;
    settings.folder = folder.path();
    settings.uri = "qemu+unix:///system?socket=/nowhere/libvirt-sock";
    const Engine engine{settings, {}};
    EXPECT_TRUE(engine.running_machines().empty());
    fs::create_directory(folder / "6a1c86be-3c5d-4f0e-9d0b-7e4c4a2f6b11");
    const auto code = code_of([&] { engine.running_machines(); });
    EXPECT_TRUE(code == VIX_E_CANNOT_CONNECT_TO_HOST || code == VIX_E_NOT_SUPPORTED) << code;
}

// An unreadable folder must not count as one in which nothing is served.
TEST(PowerHost, AFolderOfServersThatCannotBeListedIsAnError) {
    const TempFolder folder;
    const TempFolder programs;
    fs::permissions(programs.write("ls", "#!/bin/sh\necho broken\nexit 2\n"), fs::owner_all);
    const std::string path = getenv("PATH");
    setenv("PATH", (programs.path().string() + ":" + path).c_str(), 1);
    Settings settings;
    settings.environment = io::Environment::of_process();
    setenv("PATH", path.c_str(), 1);
    settings.folder = folder.path();
    settings.uri = "qemu+unix:///system?socket=/nowhere/libvirt-sock";
    const auto ask = [&] { Engine{settings, {}}.running_machines(); };
    EXPECT_EQ(code_of(ask), VIX_E_FILE_ACCESS_ERROR);
    EXPECT_TRUE(testing::contains(testing::detail_of(ask), "broken"));
}

// A machine that runs and whose agent answers.
class Guest : public Power {
  protected:
    void SetUp() override {
        Power::SetUp();
        if (IsSkipped()) return;
        vmx_ = testing::make_guest(folder_ / "guest");
        if (vmx_.empty()) GTEST_SKIP() << "dev/make-guest cannot make the guest here";
        engine().power_on(vmx_, StartAs::Running);
        ASSERT_TRUE(testing::wait_for_agent(engine(), vmx_));
    }
    fs::path console() const { return folder_ / "guest/guest-console.txt"; }
    void start_in_guest(const std::string& script) const {
        GuestAgent{testing::guest_settings(folder_ / "run"), vmx_}.start(
            {{"/bin/sh", "-c", script}, {}});
    }
};

TEST_F(Guest, GoesOnWhereItWasSuspendedAndShutsDownByItself) {
    engine().suspend(vmx_);
    const std::string written = testing::read_file(console());
    engine().power_on(vmx_, StartAs::Running);
    EXPECT_TRUE(testing::wait_for_agent(engine(), vmx_));
    EXPECT_EQ(testing::read_file(console()), written);  // no new start
    engine().shut_down(vmx_);
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Off);
}

// As when libvirt notices the agent's end before the guest's shutdown.
TEST_F(Guest, IsOffWhenItEndsBeforeItsAgentHasAnswered) {
    start_in_guest(
        "printf '#!/bin/sh\necho asked >/dev/ttyS0; sleep 100' >/sbin/shutdown; echo made "
        ">/dev/ttyS0");
    ASSERT_TRUE(testing::wait_for_text(console(), "made"));
    auto answer =
        std::async(std::launch::async, [&] { return code_of([&] { engine().shut_down(vmx_); }); });
    ASSERT_TRUE(testing::wait_for_text(console(), "asked"));
    kill(process(), SIGKILL);
    EXPECT_EQ(answer.get(), VIX_OK);
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Off);
}

// The script waits until the agent has reported that it runs.
TEST_F(Guest, WithoutAnAgentShutsDownByItsPowerButton) {
    start_in_guest("sleep 3; kill -STOP $(pidof qemu-ga); echo stopped >/dev/ttyS0");
    ASSERT_TRUE(testing::wait_for_text(console(), "stopped"));
    engine().shut_down(vmx_);
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Off);
}

TEST_F(Guest, DeafToItsPowerButtonShutsDownWhenItsAgentAnswersAgain) {
    start_in_guest(
        "sleep 3; killall acpid; kill -STOP $(pidof qemu-ga); echo stopped >/dev/ttyS0; "
        "until grep -q '^ *[1-9]' /sys/firmware/acpi/interrupts/ff_pwr_btn; do sleep 1; done; "
        "kill -CONT $(pidof qemu-ga)");
    ASSERT_TRUE(testing::wait_for_text(console(), "stopped"));
    engine().shut_down(vmx_);
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Off);
}

}  // namespace
}  // namespace vix::power
