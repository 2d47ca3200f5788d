// The port of a machine's VNC display. Clones have that of the machine that they were made of, so
// it may be taken: then the next free one is used instead.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "power/host_shell.h"
#include "vm/config.h"

namespace vix::power {

// The ports that somebody listens at, of the text of /proc/net/tcp and /proc/net/tcp6.
std::set<long> listening_ports(const std::string& sockets);
// Those of the host. None where the host does not tell.
std::set<long> listening_ports(const HostShell& host);

// RemoteDisplay.vnc.port of a machine whose RemoteDisplay.vnc.enabled is TRUE; nothing of others.
std::optional<long> wanted_vnc_port(const vm::Config& machine);

// `wanted`, or the next free one above it; QEMU has none below 5900. Adds to `notes` where it is
// another one. Error VIX_E_CANNOT_POWER_ON_VM: there is none.
long choose_vnc_port(long wanted, const std::set<long>& taken, std::vector<std::string>& notes);

// libvirt's description of a suspended machine with another port for its display; the same as
// before where it has none at a port, or a free one.
std::string with_free_vnc_port(std::string description, const std::set<long>& taken,
                               std::vector<std::string>& notes);

}  // namespace vix::power
