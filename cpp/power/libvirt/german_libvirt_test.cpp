// libvirt's messages are in the language of its daemon. Our error codes must not depend on it.
#include "testing/machines/german_libvirt.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <boost/filesystem/operations.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "power/domain/domain_identity.h"
#include "power/engine.h"
#include "power/libvirt/host_shell.h"
#include "power/libvirt/libvirt.h"
#include "testing/machines/guest.h"
#include "testing/machines/machines.h"
#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"
#include "testing/process/waiting.h"

namespace vix::power {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::contains;
using testing::detail_of;

constexpr const char* kNamespace = "urn:vix-test:none";
constexpr const char* kOtherUuid = "6a1c86be-3c5d-4f0e-9d0b-7e4c4a2f6b11";

class German : public ::testing::Test {
  protected:
    void SetUp() override {
        const std::string reason = testing::GermanLibvirt::why_not();
        if (!reason.empty()) GTEST_SKIP() << reason;
        fs::create_directory(folder_ / "libvirt");
        daemon_.emplace(folder_ / "libvirt");
        ASSERT_TRUE(daemon_->answers()) << daemon_->log();
        connection_.emplace(settings());
        folder_.write("vm/a.vmdk", testing::mono_disk("a.vmdk", 'a', 1));
        vmx_ = folder_.write("vm/vm.vmx",
                             testing::vmx_with_disks({"scsi0:0=a.vmdk"}) + "memsize = \"32\"\n");
        const std::string words =
            detail_of([&] { connection_->start("<domain/>", StartAs::Paused); });
        ASSERT_TRUE(contains(words, "fehlende")) << "not in German: " << words;
    }

    Settings settings() const {
        Settings settings = testing::guest_settings(folder_ / "run");
        settings.uri = daemon_->uri();
        return settings;
    }
    Engine engine() const { return Engine{settings(), testing::plain_settings()}; }
    Domain domain() const { return std::move(*connection_->find(uuid_for(vmx_))); }
    pid_t process() const {
        return HostShell{io::Environment::of_process()}.process_of_domain(name_for(vmx_))->pid;
    }
    // QEMU answers nothing from now on; it is killed while `action` waits for its reply.
    Error error_when_killed_during(const std::function<void()>& action) const {
        const pid_t machine = process();
        kill(machine, SIGSTOP);
        auto answer = std::async(std::launch::async, action);
        std::this_thread::sleep_for(std::chrono::milliseconds{300});
        EXPECT_EQ(answer.wait_for(std::chrono::seconds{0}), std::future_status::timeout);
        kill(machine, SIGKILL);
        try {
            answer.get();
        } catch (const Error& error) {
            return error;
        }
        return Error{VIX_OK, ""};
    }

    testing::TempFolder folder_;
    fs::path vmx_;
    std::optional<testing::GermanLibvirt> daemon_;
    std::optional<Connection> connection_;
};

TEST_F(German, MachineThatIsOffIsNotRunning) {
    EXPECT_FALSE(connection_->find(kOtherUuid));
    EXPECT_FALSE(connection_->has_active_network("none"));
    EXPECT_EQ(code_of([&] { engine().power_off(vmx_); }), VIX_E_VM_NOT_RUNNING);
    EXPECT_EQ(code_of([&] { engine().suspend(vmx_); }), VIX_E_VM_NOT_RUNNING);
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Off);
}

TEST_F(German, RunningMachineWithoutAnAgent) {
    engine().power_on(vmx_, StartAs::Running);
    EXPECT_EQ(code_of([&] { engine().power_on(vmx_, StartAs::Running); }), VIX_E_VM_IS_RUNNING);
    Domain machine = domain();
    const std::string again = machine.description();
    const auto twice = [&] { connection_->start(again, StartAs::Paused); };
    EXPECT_EQ(code_of(twice), VIX_E_CANNOT_POWER_ON_VM) << detail_of(twice);
    EXPECT_EQ(machine.metadata(kNamespace), std::nullopt);
    EXPECT_EQ(code_of([&] { machine.ask_agent(R"({"execute":"guest-ping"})", 1); }),
              VIX_E_TOOLS_NOT_RUNNING);
    EXPECT_EQ(code_of([&] { machine.ask_reboot(Means::Agent); }), VIX_OK);
    EXPECT_FALSE(engine().agent_answers(vmx_, 1));
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Running);
    engine().power_off(vmx_);
    EXPECT_EQ(engine().state(vmx_), vm::PowerState::Off);
}

TEST_F(German, EveryCallOnAMachineThatHasEndedSaysSo) {
    engine().power_on(vmx_, StartAs::Running);
    Domain machine = domain();
    kill(process(), SIGKILL);
    ASSERT_TRUE(testing::wait_until([&] { return machine.activity() == vm::PowerState::Off; }));
    const std::string file = (folder_ / "vm/file").string();
    const std::vector<std::pair<const char*, std::function<void()>>> calls{
        {"metadata", [&] { machine.metadata(kNamespace); }},
        {"set_metadata", [&] { machine.set_metadata("p", kNamespace, "<a/>"); }},
        {"description", [&] { machine.description(); }},
        {"pause", [&] { machine.pause(); }},
        {"resume", [&] { machine.resume(); }},
        {"reset", [&] { machine.reset(); }},
        {"ask_reboot by ACPI", [&] { machine.ask_reboot(Means::Acpi); }},
        {"ask_reboot by agent", [&] { machine.ask_reboot(Means::Agent); }},
        {"save", [&] { machine.save(file); }},
        {"save_memory", [&] { machine.save_memory(file); }},
        {"ask_agent", [&] { machine.ask_agent(R"({"execute":"guest-ping"})", 1); }},
        {"screenshot", [&] { machine.screenshot(); }},
    };
    for (const auto& [name, call] : calls) {
        EXPECT_EQ(code_of(call), VIX_E_VM_NOT_RUNNING) << name << ": " << detail_of(call);
    }
    EXPECT_EQ(code_of([&] { machine.destroy(); }), VIX_OK);
    EXPECT_EQ(code_of([&] { machine.ask_shutdown(Means::Acpi); }), VIX_OK);
    EXPECT_EQ(code_of([&] { machine.ask_shutdown(Means::Agent); }), VIX_OK);
    EXPECT_FALSE(machine.has_agent());
    EXPECT_EQ(code_of([&] { engine().reset(vmx_); }), VIX_E_VM_NOT_RUNNING);
}

TEST_F(German, MachineThatEndsDuringACallIsNotRunning) {
    const std::string file = (folder_ / "vm/file").string();
    const std::vector<std::pair<const char*, std::function<void(Domain&)>>> calls{
        {"pause", [](Domain& machine) { machine.pause(); }},
        {"reset", [](Domain& machine) { machine.reset(); }},
        {"save", [&](Domain& machine) { machine.save(file); }},
        {"save_memory", [&](Domain& machine) { machine.save_memory(file); }},
        {"screenshot", [](Domain& machine) { machine.screenshot(); }},
    };
    for (const auto& [name, call] : calls) {
        engine().power_on(vmx_, StartAs::Running);
        Domain machine = domain();
        const Error error = error_when_killed_during([&, &run = call] { run(machine); });
        EXPECT_EQ(error.code(), VIX_E_VM_NOT_RUNNING) << name << ": " << error.detail();
    }
    engine().power_on(vmx_, StartAs::Running);
    Domain machine = domain();
    const Error error = error_when_killed_during([&] { machine.ask_shutdown(Means::Acpi); });
    EXPECT_EQ(error.code(), VIX_OK) << error.detail();
}

}  // namespace
}  // namespace vix::power
