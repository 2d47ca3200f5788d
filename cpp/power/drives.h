// The drives of a virtual machine as its .vmx tells them: disks, CDs and floppies, where they are
// attached and what is in them. Looks at no file but the .vmx.
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

// Present ones, in the order of bus, controller and unit. What is passed over goes to `notes`.
std::vector<Drive> drives_of(const vm::Config& machine, std::vector<std::string>& notes);

}  // namespace vix::power
