// Disks that a .vmx offers to several machines at once: clusters of guests share them over a SCSI
// bus, and their machines take no locks.
#pragma once

#include <optional>
#include <string>

#include "vm/config.h"

namespace vix::vm {

// The setting that lets others use a disk while this machine runs, as the .vmx writes it:
// scsiN.sharedBus "virtual" or "physical" of a controller that is present, scsiN:M.shared of
// a disk, scsiN:M.sharing "multi-writer". Nothing: the disk is the machine's alone.
std::optional<std::string> sharing_of(const Config& machine, const DiskDevice& device);

// The setting that keeps the machine from having snapshots: a shared bus, whatever is attached to
// it, or a shared disk that is not independent. So do VMware's products.
std::optional<std::string> what_forbids_snapshots(const Config& machine);

// What offers a disk of the machine to others: one of the above, or disk.locking = "FALSE".
std::optional<std::string> what_offers_disks(const Config& machine);

}  // namespace vix::vm
