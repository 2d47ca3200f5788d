// Summarizes a virtual machine from its files: its name, its hardware, and whether it runs. Reads
// only; the disks are not opened.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <vector>

#include "vm/machine/config.h"
#include "vm/machine/settings.h"

namespace vix::vm {

enum class PowerState { Off, Suspended, Running };

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

// Returns the folders of the locks that a running machine holds: for its .vmx, its disks and its
// memory.
std::vector<boost::filesystem::path> lock_folders(const Config& config, const Settings& settings);

// True if such a lock is on the .vmx itself, not only on a disk.
bool is_marked_itself(const Config& config);
// True if such a lock is on the disk.
bool is_disk_marked(const Config& config, const DiskDevice& device, const Settings& settings);

// Describes for people who runs the machine: the holder of a live exclusive lock in VMware's form
// on its .vmx, a disk or its memory. Our engine holds the same locks. Nothing means powered off.
std::optional<std::string> running_mark(const Config& config, const Settings& settings);

}  // namespace vix::vm
