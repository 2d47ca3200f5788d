#include "ops/variables.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "ops/config_change.h"
#include "power/guest_variables.h"

namespace vix::ops {
namespace {

// What ends a name in a line of the file, or the line itself.
bool can_be_in_name(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7F && c != '#' && c != '=';
}

void require_name(const std::string& name) {
    if (!name.empty() && std::all_of(name.begin(), name.end(), can_be_in_name)) return;
    throw Error{VIX_E_INVALID_ARG, "\"" + name + "\" cannot be the name of a setting"};
}

}  // namespace

std::string read_config_variable(const boost::filesystem::path& vmx, const std::string& name,
                                 const vm::Settings&) {
    require_name(name);
    const vm::Config machine = vm::Config::read(vmx);
    if (const auto value = machine.find(name)) return *value;
    if (machine.is_encrypted()) {
        throw Error{VIX_E_NEED_KEY, vmx.string() + ": " + name +
                                        " is not in the part of the file that is not encrypted"};
    }
    return {};
}

void write_config_variable(const boost::filesystem::path& vmx, const std::string& name,
                           const std::string& value, const vm::Settings& settings) {
    require_name(name);
    change_config(vmx, settings, [&](const vm::Config&, format::Dictionary& dictionary) {
        dictionary.set(name, value);
    });
}

std::string read_guest_variable(power::GuestAgent& agent, const boost::filesystem::path& vmx,
                                const std::string& name) {
    if (auto value = power::read_guest_variable(agent, name)) return std::move(*value);
    const auto setting = vm::Config::read(vmx).find("guestinfo." + name);
    if (setting) return *setting;
    return equal_ignoring_case(name, "ip") ? agent.address() : std::string{};
}

}  // namespace vix::ops
