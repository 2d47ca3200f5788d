// What a virtual machine is started from, in which order: bios.bootOrder, bios.hddOrder and
// bios.bootDeviceClasses, and where they say nothing the order of VMware's firmware. Pure.
#pragma once

#include <string>
#include <vector>

#include "power/drives.h"
#include "vm/config.h"

namespace vix::power {

// Nodes of drives ("scsi0:0", "floppy0") and names of network cards ("ethernet0"), the first one
// first. What is not among them is not started from. Error VIX_E_CANNOT_POWER_ON_VM for a hint that
// cannot be followed: from another disk another system would start, and write. A hint that names a
// device that is not there leads to the next one, as in VMware, and to a note.
std::vector<std::string> boot_devices(const vm::Config& machine, const std::vector<Drive>& drives,
                                      std::vector<std::string>& notes);

}  // namespace vix::power
