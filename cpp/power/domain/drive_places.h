// Assigns each drive its place in the machine that QEMU runs. QEMU's controllers take fewer drives
// than VMware's, so one of VMware's becomes several, filled in the order of its units. Pure.
#pragma once

#include <string>
#include <vector>

#include "power/domain/drives.h"

namespace vix::power {

// libvirt's address of a drive. Controllers of one type are numbered consecutively.
struct Place {
    std::string bus;  // "ide", "fdc", "scsi", "sata"
    int controller = 0;
    int bus_number = 0;
    int target = 0;
    int unit = 0;
    std::string wwn;  // SAS only: guests do not find a disk without one
};

// One of libvirt's controllers. Its index is its position among those of its type.
struct Controller {
    std::string type;   // "scsi", "sata"
    std::string model;  // empty: QEMU has only one
};

enum class Chipset { I440fx, Q35 };  // the Q35 has no IDE

struct DrivePlaces {
    std::vector<Place> places;  // one for each drive, in their order; all different
    std::vector<Controller> controllers;
    std::vector<std::string> notes;  // report replaced adapters
};

// Expects `drives` in the order of drives_of(). The other drives affect only the number of a
// drive's controller.
DrivePlaces place_drives(const vm::Config& machine, const std::vector<Drive>& drives,
                         Chipset chipset = Chipset::I440fx);

}  // namespace vix::power
