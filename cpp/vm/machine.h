// A virtual machine as its files tell it: where its .vmx is, what it is called, whether it runs.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <vector>

#include "vm/config.h"
#include "vm/settings.h"

namespace vix::vm {

enum class PowerState { Off, Suspended, Running };

// What can be known of a virtual machine without touching its disks.
struct Summary {
    std::string display_name;  // UTF-8
    std::string guest_os;
    int cpu_count = 1;
    int memory_mb = 0;
    bool encrypted = false;
    bool template_vm = false;
    bool read_only = false;  // the .vmx may not be written by this process
    PowerState power_state = PowerState::Off;
};

// Reads the .vmx anew at every call. Errors: VIX_E_VM_NOT_FOUND when there is no such file,
// VIX_E_CANNOT_READ_VM_CONFIG when it cannot be read or is no .vmx.
Summary summarize(const boost::filesystem::path& vmx, const Settings& settings);

// The folders of the locks that whoever runs the machine has: on its .vmx, its disks, its memory.
std::vector<boost::filesystem::path> lock_folders(const Config& config, const Settings& settings);

// Whether such a lock is on the .vmx: not only a disk of the machine is in use.
bool is_marked_itself(const Config& config);
// Whether one is on the disk.
bool is_disk_marked(const Config& config, const DiskDevice& device, const Settings& settings);

// Who runs the virtual machine, in words for people: the holder of a live, exclusive lock in
// VMware's form on its .vmx, a disk or its memory. Our own engine holds the same locks. Nothing: it
// is off.
std::optional<std::string> running_mark(const Config& config, const Settings& settings);

}  // namespace vix::vm
