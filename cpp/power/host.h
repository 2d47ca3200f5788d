// What the host that runs virtual machines is like, as far as their descriptions depend on it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "power/domain.h"
#include "power/host_shell.h"
#include "power/image_server.h"
#include "power/libvirt.h"
#include "power/settings.h"

namespace vix::power {

// power.uri, or libvirt's own for this user: qemu:///system for root, qemu:///session else.
std::string uri_for(const Settings& settings);

// A libvirt with its QEMU driver, in libvirt's form: "qemu:///system", "qemu+tcp://host/system".
bool is_libvirt_uri(const std::string& text);

// Without a network in between.
bool is_reached_by_socket(const std::string& uri);

// Of <host> in libvirt's capabilities: whom QEMU runs as, where that is not `user`; and the
// security drivers other than plain ownership.
std::optional<Owner> qemu_owner(const std::string& capabilities, uid_t user);
std::vector<std::string> security_drivers(const std::string& capabilities);

// What to try, the best first.
std::vector<Accelerator> accelerators(const Settings& settings, const HostShell& host,
                                      const std::optional<Owner>& owner);

// The settings for networks, with what the host has where nothing is set.
void choose_networks(const Settings& settings, const Connection& connection,
                     DomainContext& context);

struct FirmwareFiles {
    boost::filesystem::path code;
    boost::filesystem::path vars;
};

// OVMF as the setting or the distribution places it. Error VIX_E_CANNOT_POWER_ON_VM when there is
// none.
FirmwareFiles find_firmware(const Settings& settings, const HostShell& host);

}  // namespace vix::power
