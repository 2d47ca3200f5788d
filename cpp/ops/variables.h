// Settings of a virtual machine's configuration, read and written by name, as VMReadVariable and
// VMWriteVariable do with VIX_VM_CONFIG_RUNTIME_ONLY; and variables of its guest, which are such
// settings: the guest variable NAME is guestinfo.NAME.
//
// A machine that runs keeps what is written beside its .vmx, for as long as it does; see
// power/runtime_settings.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>

#include "base/progress.h"
#include "power/guest_agent.h"
#include "power/settings.h"
#include "vm/settings.h"

namespace vix::ops {

// Where to look for a machine and for what runs it.
struct VariablesOf {
    boost::filesystem::path vmx;
    vm::Settings settings;
    power::Settings power_settings;
};

// The value as the machine runs, else the stored one. A name that is not there reads as empty, as
// with VMware. Errors: VIX_E_INVALID_ARG for a name that no line can have; VIX_E_NEED_KEY where the
// name may be in the encrypted part; VIX_E_VM_NOT_FOUND, VIX_E_CANNOT_READ_VM_CONFIG; those of
// libvirt where that runs the machine.
std::string read_config_variable(const VariablesOf& machine, const std::string& name);

// Lasts until the machine is powered off, and is not in its .vmx; a guest variable is told to the
// guest, too, if that answers. Of a machine that is off it goes into the .vmx, for there is no
// other place to keep it. Errors: VIX_E_INVALID_ARG for a name that no line can have (one with `=`,
// blanks, ...); VIX_E_VM_IS_RUNNING where another product runs it; VIX_E_ARGUMENT_TOO_BIG,
// VIX_E_NEED_KEY; VIX_E_CANCELLED while it waits for others.
void write_config_variable(const VariablesOf& machine, const std::string& name,
                           const std::string& value, Progress& waiting);

// What the guest keeps under that name; else what was last known of it since the machine was
// powered on, which the guest is given again, for it has started anew; else the setting
// guestinfo.NAME; else, for `ip`, the address that the guest has. Empty where there is none.
std::string read_guest_variable(power::GuestAgent& agent, const boost::filesystem::path& vmx,
                                const std::string& name, Progress& progress);

// Until the machine is powered off, also when its guest starts anew meanwhile. Error
// VIX_E_ARGUMENT_TOO_BIG for a value of more than 64 KiB.
void write_guest_variable(power::GuestAgent& agent, const std::string& name,
                          const std::string& value, Progress& progress);

}  // namespace vix::ops
