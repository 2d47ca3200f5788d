// Properties of the host that runs virtual machines, as far as their descriptions depend on them.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "power/disks/image_server.h"
#include "power/domain/domain.h"
#include "power/libvirt/host_shell.h"
#include "power/libvirt/libvirt.h"
#include "power/libvirt/run_settings.h"

namespace vix::power {

// power.uri; if unset, libvirt's default for this user: qemu:///system for root, else
// qemu:///session.
std::string uri_for(const Settings& settings);

// True for a URI of libvirt's QEMU driver: "qemu:///system", "qemu+tcp://host/system".
bool is_libvirt_uri(const std::string& text);

// True if libvirt is reached without a network.
bool is_reached_by_socket(const std::string& uri);

// The accelerators to try, the best first.
std::vector<Accelerator> accelerators(const Settings& settings, const HostShell& host,
                                      const std::optional<Owner>& owner);

// Copies the network settings; an unset one gets what the host has.
void choose_networks(const Settings& settings, const Connection& connection,
                     DomainContext& context);

// Sets the host's CD and floppy drive that this user may read. Drives of another host are not used.
void choose_drives(const HostShell& host, DomainContext& context);

struct FirmwareFiles {
    boost::filesystem::path code;
    boost::filesystem::path vars;
};

// OVMF from the settings, or where distributions install it. Errors: VIX_E_FILE_NOT_FOUND if a
// setting names an unreadable file; VIX_E_CANNOT_POWER_ON_VM if no OVMF is found.
FirmwareFiles find_firmware(const Settings& settings, const HostShell& host);

// OVMF with secure boot and the keys for it. Nothing if none is found; VIX_E_FILE_NOT_FOUND if a
// setting names an unreadable file.
std::optional<FirmwareFiles> find_secure_firmware(const Settings& settings, const HostShell& host);

// Throws VIX_E_CANNOT_POWER_ON_VM unless the host has the programs of a software TPM.
void require_software_tpm(const HostShell& host);

}  // namespace vix::power
