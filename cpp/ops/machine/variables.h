// Reads and writes settings of a machine's configuration by name, as VMReadVariable and
// VMWriteVariable do with VIX_VM_CONFIG_RUNTIME_ONLY. Variables of the guest are such settings: the
// guest variable NAME is guestinfo.NAME.
//
// For a running machine, written settings are kept next to its .vmx as long as it runs; see
// power/runtime_settings.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>

#include "base/progress.h"
#include "power/guest/guest_agent.h"
#include "power/libvirt/run_settings.h"
#include "vm/machine/settings.h"

namespace vix::ops {

// Identifies the machine, and the settings to find what runs it.
struct VariablesOf {
    boost::filesystem::path vmx;
    vm::Settings settings;
    power::Settings power_settings;
};

// Returns the value in the running machine, else the stored one. An absent name reads as empty, as
// with VMware. Throws VIX_E_INVALID_ARG for a name that no line can have; VIX_E_NEED_KEY if the
// name may be in the encrypted part; VIX_E_VM_NOT_FOUND, VIX_E_CANNOT_READ_VM_CONFIG; and libvirt's
// errors if libvirt runs the machine.
std::string read_config_variable(const VariablesOf& machine, const std::string& name);

// The value lasts until the machine is powered off and is not written to its .vmx. A guest variable
// is also passed to the guest if that responds. If the machine is off, the value is written to the
// .vmx, because there is no other place for it. Throws VIX_E_INVALID_ARG for a name that no line
// can have (with `=`, blanks, ...); VIX_E_VM_IS_RUNNING if another product runs it;
// VIX_E_ARGUMENT_TOO_BIG, VIX_E_NEED_KEY; VIX_E_CANCELLED while it waits for others.
void write_config_variable(const VariablesOf& machine, const std::string& name,
                           const std::string& value, Progress& waiting);

// Returns the first of these that exists, else an empty string:
// 1. the guest's own value of that name,
// 2. the last value known since power-on, which is passed to the guest again, because it has
//    rebooted,
// 3. the setting guestinfo.NAME,
// 4. for `ip`, the address of the guest.
std::string read_guest_variable(power::GuestAgent& agent, const boost::filesystem::path& vmx,
                                const std::string& name, Progress& progress);

// The value lasts until the machine is powered off, also if its guest reboots. Throws
// VIX_E_ARGUMENT_TOO_BIG for a value of more than 64 KiB.
void write_guest_variable(power::GuestAgent& agent, const std::string& name,
                          const std::string& value, Progress& progress);

// The guest's tools have answered: notes that in the .vmx, as VMware does (tools.remindInstall).
void note_tools(const VariablesOf& machine) noexcept;

}  // namespace vix::ops
