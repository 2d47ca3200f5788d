// The state of a virtual machine that a clone is made of: the present one, or that of a snapshot.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vm/config.h"
#include "vm/settings.h"
#include "vm/snapshot_tree.h"

namespace vix::vm {

struct MachineState {
    Config config;
    std::vector<DiskDevice> disks;     // with the files of that time
    std::optional<std::string> nvram;  // its bytes; nothing if the machine has none
    unsigned nvram_permissions = 0600;
    std::string vmxf;  // its text; empty if there is none that can be used
    std::optional<std::string> firmware_variables;  // of a machine that was started with UEFI here
};

// What QEMU's UEFI has instead of an .nvram: "<name>.OVMF_VARS.fd" beside the .vmx; that of
// a snapshot beside its .vmsn, under the name of that.
boost::filesystem::path firmware_variables_path(const boost::filesystem::path& vmx_or_vmsn);

// Error VIX_E_FILE_ACCESS_ERROR: the nvram is no plain file, larger than any nvram, or neither in
// the machine's folder nor an nvram; the same for UEFI's variables.
MachineState present_state(const Config& machine, const Settings& settings);

// Errors: VIX_E_SNAPSHOT_DUMPER when the state file is missing or damaged.
MachineState state_of_snapshot(const Config& machine, const Snapshot& snapshot,
                               const Settings& settings);

// Left out of snapshots: its mode begins with "independent".
bool is_independent(const Config& config, const DiskDevice& device);

// Where a disk of the machine is. Error VIX_E_FILE_NOT_FOUND names it.
boost::filesystem::path find_disk(const DiskDevice& device, const Config& machine,
                                  const Settings& settings);

}  // namespace vix::vm
