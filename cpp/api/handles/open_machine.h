// From a caller's path to the handle of a virtual machine.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/calls/call.h"

namespace vix::api {

struct MachineOwner {
    Handle host;
    Service service;
};

// Errors: VIX_E_VM_NOT_FOUND and others of reading a .vmx; those of vm::check_password(), if there
// is a password; VIX_E_INVALID_HANDLE if the host has been disconnected.
Handle open_machine(const Call& call, const MachineOwner& owner, std::string_view path,
                    const std::optional<std::string>& password);

// The same for a machine that the call itself has just made, which needs no check.
Handle open_new_machine(const Call& call, const MachineOwner& owner, std::string_view path);

}  // namespace vix::api
