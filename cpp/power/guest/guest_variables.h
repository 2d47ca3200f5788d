// Values that a guest keeps while it runs, for the host and for its own programs to read: VIX's
// guest variables, and the environment of programs that are started later. Both are in a folder of
// the guest that only its root may write and that is gone when the guest reboots:
//
//     /run/vmware-vix/guestinfo/NAME      the value, nothing else
//     /run/vmware-vix/environment         NAME=value, each with a NUL behind it; root's alone
//
// The first of these folders is a symbolic link to /var/lib/vmware-vix/ID. Each power-on of the
// machine has a new ID, which the guest reads from QEMU's firmware configuration. After a reboot
// the guest finds its variables again under the same ID; the folders of other IDs are from earlier
// power-ons.
//
// A program of the guest that runs as root may also write such a file (share/vmware-rpctool does).
//
// Errors of all calls: those of GuestAgent, and what the guest reports about a file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "power/guest/guest_agent.h"

namespace vix::power {

// Nothing if there is no variable of that name.
std::optional<std::string> read_guest_variable(GuestAgent& agent, const std::string& name,
                                               Progress& progress);
// Error VIX_E_ARGUMENT_TOO_BIG for a value of more than 64 KiB.
void write_guest_variable(GuestAgent& agent, const std::string& name, const std::string& value,
                          Progress& progress);

// "NAME=value", for programs that are started from now on.
std::vector<std::string> kept_environment(GuestAgent& agent);
// Error VIX_E_INVALID_ARG for a name that no shell accepts.
void keep_in_environment(GuestAgent& agent, const std::string& name, const std::string& value,
                         Progress& progress);

}  // namespace vix::power
