// The user's settings for running virtual machines, as values.
#pragma once

#include <boost/filesystem/path.hpp>
#include <chrono>
#include <map>
#include <string>

#include "io/process/environment.h"

namespace vix::power {

enum class Accelerator { Kvm, Emulation };

enum class Acceleration { WhereItWorks, Always, Never };  // use of KVM

// What a machine with a TPM gets. VMware's TPM is encrypted and cannot be read.
enum class Tpm { None, Own };

struct Settings {
    std::string uri;  // power.uri; empty: libvirt on this host
    Acceleration acceleration = Acceleration::WhereItWorks;  // power.kvm: auto, TRUE, FALSE

    // power.networkNat and so on: "user" (QEMU's own), "network:NAME" (libvirt's), "bridge:NAME"
    // (the host's), "none" (no link); empty: what the host has.
    std::string network_nat;
    std::string network_bridged;
    std::string network_hostonly;
    std::map<int, std::string> vmnets;  // power.network.vmnet0 and so on: of custom networks

    // power.firmwareCode and power.firmwareVars: UEFI's program and its empty variables; empty:
    // OVMF's.
    boost::filesystem::path firmware_code;
    boost::filesystem::path firmware_vars;
    // power.secureBootCode and power.secureBootVars: likewise for secure boot.
    boost::filesystem::path secure_firmware_code;
    boost::filesystem::path secure_firmware_vars;

    Tpm tpm = Tpm::None;  // power.tpm: none, own

    // power.viewer: a command line that opens a window, with %u for libvirt's URI and %i for the
    // machine's uuid; empty: the first known viewer that is installed.
    std::string viewer;

    boost::filesystem::path folder;  // power.folder: for sockets; empty: the user's runtime folder
    std::chrono::seconds guest_patience{120};  // power.guestTimeout: for a guest to shut down

    // Not a setting: the environment of the process that made the job, for the programs it starts.
    io::Environment environment;
};

}  // namespace vix::power
