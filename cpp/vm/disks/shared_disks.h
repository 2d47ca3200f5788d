// Reads the settings of a .vmx that let several machines use its disks at once. Guest clusters
// share disks over a SCSI bus, and their machines take no locks.
#pragma once

#include <optional>
#include <string>

#include "vm/machine/config.h"

namespace vix::vm {

// Returns the setting that lets others use a disk while this machine runs, as the .vmx writes it:
// scsiN.sharedBus "virtual" or "physical" of an attached controller, scsiN:M.shared of a disk, or
// scsiN:M.sharing "multi-writer". Nothing if only this machine uses the disk.
std::optional<std::string> sharing_of(const Config& machine, const DiskDevice& device);

// Returns the setting that forbids snapshots of the machine, as VMware's products do: a shared bus
// with or without disks, or a shared disk that is not independent.
std::optional<std::string> what_forbids_snapshots(const Config& machine);

// Returns the setting that lets others use a disk of the machine: one of the above, or disk.locking
// = "FALSE".
std::optional<std::string> what_offers_disks(const Config& machine);

}  // namespace vix::vm
