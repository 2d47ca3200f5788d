// Settings of a virtual machine's configuration, read and written by name, as VMReadVariable and
// VMWriteVariable do with VIX_VM_CONFIG_RUNTIME_ONLY; and variables of its guest, which begin as
// such settings.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>

#include "power/guest_agent.h"
#include "vm/settings.h"

namespace vix::ops {

// The stored value, whether the machine runs or not. A name that is not there reads as empty, as
// with VMware. Errors: VIX_E_INVALID_ARG for a name that no line can have; VIX_E_NEED_KEY where the
// name may be in the encrypted part; VIX_E_VM_NOT_FOUND, VIX_E_CANNOT_READ_VM_CONFIG.
std::string read_config_variable(const boost::filesystem::path& vmx, const std::string& name,
                                 const vm::Settings& settings);

// Goes into the .vmx, for a machine that is off has no other place to keep it. Errors:
// VIX_E_INVALID_ARG for a name that no line can have (one with `=`, blanks, ...);
// VIX_E_VM_IS_RUNNING, VIX_E_NEED_KEY.
void write_config_variable(const boost::filesystem::path& vmx, const std::string& name,
                           const std::string& value, const vm::Settings& settings);

// What the guest keeps under that name; else the setting guestinfo.NAME; else, for `ip`, the
// address that the guest has. Empty where there is none.
std::string read_guest_variable(power::GuestAgent& agent, const boost::filesystem::path& vmx,
                                const std::string& name);

}  // namespace vix::ops
