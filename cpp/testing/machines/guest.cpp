#include "testing/machines/guest.h"

#include <boost/filesystem/operations.hpp>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "io/process/process.h"
#include "power/libvirt/host.h"
#include "power/libvirt/libvirt.h"
#include "testing/process/temp_folder.h"
#include "testing/process/waiting.h"

namespace vix::testing {
namespace {

const fs::path kTools{VIX_TEST_TOOLS};

// A package build must not start daemons or machines, or download anything.
bool is_asked_for() {
    const char* asked = std::getenv("VIX_TEST_MACHINES");
    return asked != nullptr && *asked != '\0' && std::string_view{asked} != "0";
}

}  // namespace

std::string why_not_asked_for() {
    if (is_asked_for()) return {};
    return "starts virtual machines: set VIX_TEST_MACHINES=1 to run this test, as dev/test does";
}

std::string why_nothing_runs() {
    if (auto reason = why_not_asked_for(); !reason.empty()) return reason;
    for (const char* program : {"qemu-system-x86_64", "qemu-storage-daemon"}) {
        if (!io::find_program(io::Environment::of_process(), program))
            return std::string{program} + " is not installed";
    }
    io::run(io::Environment::of_process(), {(kTools / "libvirt").string(), "start"});
    try {
        const power::Connection connection{power::Settings{}};
        return {};
    } catch (const Error& error) {
        return error.detail();
    }
}

fs::path make_guest(const fs::path& folder) {
    const auto outcome =
        io::run(io::Environment::of_process(), {(kTools / "make-guest").string(), folder.string()});
    return outcome.status == 0 ? folder / "guest.vmx" : fs::path{};
}

power::Settings guest_settings(const fs::path& folder) {
    power::Settings settings;
    settings.environment = io::Environment::of_process();
    settings.folder = folder;
    settings.network_nat = "user";
    return settings;
}

bool wait_for_agent(const power::Engine& engine, const fs::path& vmx) {
    return wait_until([&] { return engine.agent_answers(vmx, 1); });
}

}  // namespace vix::testing
