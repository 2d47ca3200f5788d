// Boot order of a virtual machine: the drives and network cards it boots from, best first. Follows
// bios.bootOrder, bios.hddOrder and bios.bootDeviceClasses; without them, the order of VMware's
// firmware. Pure.
#pragma once

#include <string>
#include <vector>

#include "power/domain/drives.h"
#include "vm/machine/config.h"

namespace vix::power {

// Returns nodes of drives ("scsi0:0", "floppy0") and names of network cards ("ethernet0"), the
// first boot device first. The machine does not boot from a device that is not returned. Error
// VIX_E_CANNOT_POWER_ON_VM for a value that cannot be followed: another disk could boot another
// system, which would write. A name of a missing device is skipped, as in VMware, and reported in
// `notes`.
std::vector<std::string> boot_devices(const vm::Config& machine, const std::vector<Drive>& drives,
                                      std::vector<std::string>& notes);

}  // namespace vix::power
