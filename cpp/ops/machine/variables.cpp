#include "ops/machine/variables.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "ops/machine/config_change.h"
#include "power/domain/domain_identity.h"
#include "power/engine.h"
#include "power/guest/guest_variables.h"
#include "power/libvirt/host.h"
#include "power/runtime_settings.h"

namespace vix::ops {
namespace {

// False for characters that end a name or a line in the file.
bool can_be_in_name(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7F && c != '#' && c != '=';
}

void require_name(const std::string& name) {
    if (!name.empty() && std::all_of(name.begin(), name.end(), can_be_in_name)) return;
    throw Error{VIX_E_INVALID_ARG, "\"" + name +
                                       "\" cannot be the name of a setting: a name must not be "
                                       "empty or contain blanks, control characters, # or ="};
}

constexpr const char* kGuestInfo = "guestinfo.";
constexpr int kGuestPatience_s = 1;

// Returns the domain of a machine that this library runs.
std::optional<power::Domain> domain_of(const VariablesOf& machine) {
    if (!power::Engine{machine.power_settings, machine.settings}.runs(machine.vmx)) return {};
    const power::Connection connection{machine.power_settings};
    return connection.find(power::uuid_for(power::canonical_path(machine.vmx)));
}

// A guest that does not respond gets the value when the variable is read.
void tell_guest(const VariablesOf& machine, const std::string& name, const std::string& value,
                Progress& progress) {
    try {
        power::GuestAgent agent{machine.power_settings, machine.vmx};
        if (agent.answers(kGuestPatience_s)) {
            power::write_guest_variable(agent, name, value, progress);
        }
    } catch (const Error&) {
        // As above.
    }
}

// Keeps a value that the guest itself has set, for its next boot. The guest may set more than there
// is room for.
void remember(power::GuestAgent& agent, const std::string& setting, const std::string& value) {
    try {
        power::set_runtime_setting(agent.machine(), setting, value);
    } catch (const Error& error) {
        if (error.code() != VIX_E_ARGUMENT_TOO_BIG) throw;
    }
}

// Of a machine that is encrypted for its TPM, only keys are in the encrypted part.
bool may_be_encrypted(const vm::Config& config, const std::string& name) {
    if (config.encryption() != vm::Encryption::Partial) return config.is_encrypted();
    constexpr std::string_view kKeys[] = {"dataFileKey", "ancestorDataFileKeys", "cryptoState"};
    return starts_with_ignoring_case(name, "encryption.") ||
           std::any_of(std::begin(kKeys), std::end(kKeys),
                       [&](std::string_view key) { return equal_ignoring_case(name, key); });
}

}  // namespace

std::string read_config_variable(const VariablesOf& machine, const std::string& name) {
    require_name(name);
    const vm::Config config = vm::Config::read(machine.vmx);
    if (const auto domain = domain_of(machine)) {
        if (auto value = power::runtime_setting(*domain, name)) return std::move(*value);
    }
    if (const auto value = config.find(name)) return *value;
    if (may_be_encrypted(config, name)) {
        throw Error{VIX_E_NEED_KEY, machine.vmx.string() + ": " + name +
                                        " is not in the unencrypted part of the file; the rest can "
                                        "only be read with the password"};
    }
    return {};
}

void write_config_variable(const VariablesOf& machine, const std::string& name,
                           const std::string& value, Progress& waiting) {
    require_name(name);
    if (auto domain = domain_of(machine)) {
        power::set_runtime_setting(*domain, name, value);
        if (!starts_with_ignoring_case(name, kGuestInfo)) return;
        return tell_guest(machine, name.substr(std::string_view{kGuestInfo}.size()), value,
                          waiting);
    }
    change_config(
        machine.vmx, machine.settings, waiting,
        [&](const vm::Config&, format::Dictionary& dictionary) { dictionary.set(name, value); });
}

std::string read_guest_variable(power::GuestAgent& agent, const boost::filesystem::path& vmx,
                                const std::string& name, Progress& progress) {
    const std::string setting = kGuestInfo + name;
    auto in_guest = power::read_guest_variable(agent, name, progress);
    auto kept = power::runtime_setting(agent.machine(), setting);
    if (in_guest) {
        if (in_guest != kept) remember(agent, setting, *in_guest);
        return std::move(*in_guest);
    }
    if (kept) {
        power::write_guest_variable(agent, name, *kept, progress);
        return std::move(*kept);
    }
    if (const auto stored = vm::Config::read(vmx).find(setting)) return *stored;
    return equal_ignoring_case(name, "ip") ? agent.address() : std::string{};
}

void write_guest_variable(power::GuestAgent& agent, const std::string& name,
                          const std::string& value, Progress& progress) {
    power::write_guest_variable(agent, name, value, progress);
    power::set_runtime_setting(agent.machine(), kGuestInfo + name, value);
}

void note_tools(const VariablesOf& machine) noexcept {
    constexpr const char* kRemind = "tools.remindInstall";
    try {
        const auto noted = vm::Config::read(machine.vmx).find(kRemind);
        if (noted && equal_ignoring_case(*noted, "FALSE")) return;
        change_running_config(machine.vmx, machine.settings, machine.power_settings,
                              [](const vm::Config&, format::Dictionary& dictionary) {
                                  dictionary.set(kRemind, "FALSE");
                              });
    } catch (...) {
        // The next call tries again.
    }
}

}  // namespace vix::ops
