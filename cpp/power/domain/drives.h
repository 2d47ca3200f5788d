// The drives of a virtual machine as its .vmx describes them: disks, CDs and floppies, their places
// and media. Reads no file but the .vmx.
#pragma once

#include <string>
#include <vector>

#include "vm/disks/disk_files.h"
#include "vm/machine/config.h"

namespace vix::power {

inline constexpr int kFloppies = 2;         // drives that a machine can have
inline constexpr int kScsiAdapterUnit = 7;  // of a SCSI bus: no drive can have it

enum class Bus { Ide, Scsi, Sata, Nvme, Floppy };

struct Drive {
    enum class Kind { Disk, Cd, Floppy };
    enum class Medium { None, Image, HostDevice };

    std::string node;  // "scsi0:0"; also the name of its export
    Bus bus = Bus::Scsi;
    int controller = 0;
    int unit = 0;
    Kind kind = Kind::Disk;
    Medium medium = Medium::Image;
    bool connected = true;  // false: it starts without its medium
    vm::NamedFile file;
    bool discards_writes = false;  // independent-nonpersistent: each power-on discards old writes
    bool read_only = false;        // a floppy that the guest may not write
};

enum class ScsiAdapter { BusLogic, LsiLogic, LsiSas, Pvscsi };

// The adapter of "scsi<number>". Error VIX_E_CANNOT_POWER_ON_VM if the .vmx names an unknown one.
ScsiAdapter scsi_adapter(const vm::Config& machine, int number);

// Returns the present drives in the order of bus, controller and unit; no two have the same place.
// Every disk that the .vmx attaches is among them, or error VIX_E_CANNOT_POWER_ON_VM: a guest that
// starts without one of its disks may damage what is on the others. Other devices without a place
// are left out and reported in `notes`.
std::vector<Drive> drives_of(const vm::Config& machine, std::vector<std::string>& notes);

}  // namespace vix::power
