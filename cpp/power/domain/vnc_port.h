// The port of a machine's VNC display. A clone has the port of its source, which may be taken; then
// the next free one is used.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "format/xml.h"
#include "power/libvirt/host_shell.h"
#include "vm/machine/config.h"

namespace vix::power {

// The listening ports in the text of /proc/net/tcp and /proc/net/tcp6.
std::set<long> listening_ports(const std::string& sockets);
// The listening ports of the host; none if they cannot be read.
std::set<long> listening_ports(const HostShell& host);

// RemoteDisplay.vnc.port, if RemoteDisplay.vnc.enabled is TRUE; otherwise nothing.
std::optional<long> wanted_vnc_port(const vm::Config& machine);

// Returns `wanted`, or the next free port above it; QEMU has none below 5900. Reports another port
// in `notes`. Error VIX_E_CANNOT_POWER_ON_VM if no port is free.
long choose_vnc_port(long wanted, const std::set<long>& taken, std::vector<std::string>& notes);

// Gives the display a free port in libvirt's description of a suspended machine; changes nothing if
// the display has no port, or a free one.
void set_free_vnc_port(format::XmlDocument& description, const std::set<long>& taken,
                       std::vector<std::string>& notes);

}  // namespace vix::power
