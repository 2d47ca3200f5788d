// The drives of a virtual machine as its .vmx describes them: disks, CDs and floppies, where they
// are attached and what is in them. Reads no file but the .vmx.
#pragma once

#include <string>
#include <vector>

#include "vm/config.h"
#include "vm/disk_files.h"

namespace vix::power {

enum class Bus { Ide, Scsi, Sata, Nvme, Floppy };

struct Drive {
    enum class Kind { Disk, Cd, Floppy };
    enum class Medium { None, Image, HostDevice };

    std::string node;  // "scsi0:0"; also what its export is called
    Bus bus = Bus::Scsi;
    int controller = 0;
    int unit = 0;
    Kind kind = Kind::Disk;
    Medium medium = Medium::Image;
    vm::NamedFile file;
    bool discards_writes = false;  // independent-nonpersistent: each start begins anew
};

enum class ScsiAdapter { BusLogic, LsiLogic, LsiSas, Pvscsi };

// Of "scsi<number>". Error VIX_E_CANNOT_POWER_ON_VM if the .vmx names one that is not known.
ScsiAdapter scsi_adapter(const vm::Config& machine, int number);

// Present drives, in the order of bus, controller and unit; no two have the same place. Every disk
// that the .vmx attaches is among them, else error VIX_E_CANNOT_POWER_ON_VM: a guest that starts
// without one of its disks may damage what is on the others. Other devices without a place are left
// out, which `notes` reports.
std::vector<Drive> drives_of(const vm::Config& machine, std::vector<std::string>& notes);

}  // namespace vix::power
