// Summarizes a virtual machine from its files: its name, its hardware, and whether it runs. Reads
// only; the disks are not opened.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>

#include "vm/machine/power_state.h"
#include "vm/machine/settings.h"

namespace vix::vm {

// What the .vmx and the locks show.
struct Summary {
    std::string display_name;  // UTF-8
    std::string guest_os;
    int cpu_count = 1;
    int memory_mb = 0;
    bool encrypted = false;
    bool template_vm = false;
    bool read_only = false;  // this process may not write the .vmx
    PowerState power_state = PowerState::Off;
};

// Reads the .vmx anew for each call. Throws VIX_E_VM_NOT_FOUND if it does not exist, and
// VIX_E_CANNOT_READ_VM_CONFIG if it cannot be read or is not a .vmx.
Summary summarize(const boost::filesystem::path& vmx, const Settings& settings);

}  // namespace vix::vm
