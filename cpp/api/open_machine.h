// From a path that a caller gives to the handle of a virtual machine.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string_view>

#include "api/call.h"
#include "host/provider.h"

namespace vix::api {

// The path on this host: by the drive map, and where it is relative, from where the call started.
boost::filesystem::path resolve_path(const Call& call, std::string_view path);

struct MachineOwner {
    Handle host;
    Service service;
};

// Errors: VIX_E_VM_NOT_FOUND and those of reading a .vmx; VIX_E_INVALID_HANDLE when the host has
// been disconnected.
Handle open_machine(const Call& call, const MachineOwner& owner, std::string_view path);

// The same for one that the call itself has just made, which need not be looked at.
Handle open_new_machine(const Call& call, const MachineOwner& owner, std::string_view path);

}  // namespace vix::api
