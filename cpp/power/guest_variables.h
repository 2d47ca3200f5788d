// What a guest keeps while it runs, for the host and for its own programs to read: variables, which
// VIX calls guest variables, and the environment of what is started later. Both are in a folder of
// the guest's that only its root may write, and that is gone when the guest starts anew:
//
//     /run/vmware-vix/guestinfo/NAME      the value, nothing else
//     /run/vmware-vix/environment         NAME=value, each with a NUL behind it; root's alone
//
// The first of these folders leads to /var/lib/vmware-vix/ID. Each power-on of the machine has its
// ID, which the guest reads in QEMU's firmware configuration: so what it finds under that ID after
// it has started anew is what was kept before, and the rest is of machines that were powered off.
//
// A program of the guest's that is root may write such a file, too (share/vmware-rpctool does).
//
// Errors of all: those of GuestAgent, and what the guest says of a file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "power/guest_agent.h"

namespace vix::power {

// Nothing where there is none of that name.
std::optional<std::string> read_guest_variable(GuestAgent& agent, const std::string& name,
                                               Progress& progress);
// Error VIX_E_ARGUMENT_TOO_BIG for a value of more than 64 KiB.
void write_guest_variable(GuestAgent& agent, const std::string& name, const std::string& value,
                          Progress& progress);

// "NAME=value", to be used for programs that are started now.
std::vector<std::string> kept_environment(GuestAgent& agent);
// Error VIX_E_INVALID_ARG for a name that no shell takes.
void keep_in_environment(GuestAgent& agent, const std::string& name, const std::string& value,
                         Progress& progress);

}  // namespace vix::power
