// The libvirt of a connection: the host name of HostConnect may be its URI.
#pragma once

#include <string>

#include "host/context.h"

namespace vix::host {

// True for a URI of libvirt's QEMU driver: "qemu:///system", "qemu+tcp://host/system".
bool names_power_service(const std::string& host_name);

// Connects once, so that a libvirt that does not answer fails here, as a VMware server would.
void check_power_service(const Context& context, const std::string& uri);

// Loads libvirt's library, which must happen in the thread that starts a call.
void load_power_service() noexcept;

}  // namespace vix::host
