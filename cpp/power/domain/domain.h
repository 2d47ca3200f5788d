// Translates a .vmx into libvirt's domain XML. Pure: reads only its arguments. A device that QEMU
// lacks is replaced by the closest one or left out; the notes report both.
#pragma once

#include <boost/filesystem/path.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "power/domain/drives.h"
#include "power/libvirt/run_settings.h"
#include "vm/machine/machine.h"

namespace vix::power {

inline constexpr int kNetworkCards = 10;  // that a machine can have

// UEFI of one machine: the program file, and the export that holds its variables.
struct Firmware {
    boost::filesystem::path code;
    std::string vars_export;
    bool secure = false;  // a build for secure boot
};

struct DomainContext {
    boost::filesystem::path vmx;  // canonical
    Accelerator accelerator = Accelerator::Emulation;
    boost::filesystem::path socket;    // of the image server that exports the drives
    std::optional<Firmware> firmware;  // nothing: BIOS
    // The network of each connection type: "user", "network:NAME", "bridge:NAME" or "none".
    std::string network_nat = "user";
    std::string network_bridged = "user";
    std::string network_hostonly = "none";
    std::map<int, std::string> vmnets;  // of custom networks; the others have their usual kind
    // The host's security drivers. They do not know our sockets, so they are switched off for this
    // domain.
    std::vector<std::string> unconfined;
    // Devices of the host, for drives that map to one of them; empty: the host has none.
    boost::filesystem::path host_cd;
    boost::filesystem::path host_floppy;
    std::optional<long> vnc_port;  // overrides that in the .vmx
    // New at each power-on; unchanged when the guest reboots.
    std::string run_id;
    bool tpm = false;                  // the guest gets a software TPM
    std::set<std::string> dead_ports;  // "serial0": the port is connected to nothing
};

// Whether the .vmx gives its guest a TPM, or lets VMware give it one.
bool has_tpm(const vm::Config& machine);

struct DomainDescription {
    std::string xml;
    std::vector<std::string> notes;
};

// Errors: those of drives_of() and boot_devices().
DomainDescription describe_domain(const vm::Machine& machine, const std::vector<Drive>& drives,
                                  const DomainContext& context);

// Refuses what describe_domain() would refuse, before anything is changed or started. Also refuses
// a guest for another processor than x86, such as Fusion makes on Apple silicon. Error
// VIX_E_CANNOT_POWER_ON_VM.
void check_startable(const vm::Config& machine);

}  // namespace vix::power
