// Translates a .vmx into libvirt's description of a domain. Pure: it looks at nothing but its
// arguments. Devices that QEMU does not have become the nearest relative that it has, or are left
// out; either is said in the notes.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <vector>

#include "power/drives.h"
#include "power/settings.h"
#include "vm/config.h"
#include "vm/settings.h"

namespace vix::power {

// UEFI for one machine: the program, and the export that holds its variables.
struct Firmware {
    boost::filesystem::path code;
    std::string vars_export;
};

struct DomainContext {
    boost::filesystem::path vmx;  // canonical
    Accelerator accelerator = Accelerator::Emulation;
    boost::filesystem::path socket;    // where the drives are exported
    std::optional<Firmware> firmware;  // nothing: BIOS
    // For each connection type "user", "network:NAME", "bridge:NAME" or "none".
    std::string network_nat = "user";
    std::string network_bridged = "user";
    std::string network_hostonly = "none";
    // Security drivers of the host that know nothing of our sockets: they leave this domain alone.
    std::vector<std::string> unconfined;
    // Of the host, for a CD or floppy that stands for the host's drive; empty: none.
    boost::filesystem::path host_cd;
    boost::filesystem::path host_floppy;
    std::optional<long> vnc_port;  // instead of that in the .vmx
    // Differs each time the machine is powered on, and stays when its guest starts anew.
    std::string run_id;
};

struct DomainDescription {
    std::string xml;
    std::vector<std::string> notes;
};

// Errors: those of drives_of() and boot_devices().
DomainDescription describe_domain(const vm::Config& machine, const std::vector<Drive>& drives,
                                  const DomainContext& context, const vm::Settings& settings);

// What describe_domain() would refuse, before anything is changed or started for it; and a guest of
// another processor than x86, as Fusion makes on Apple silicon. Error VIX_E_CANNOT_POWER_ON_VM.
void check_startable(const vm::Config& machine);

}  // namespace vix::power
