// The state of a machine that a clone is made from: the current state or that of a snapshot. The
// values own their data; disks stay where they are and are only named.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vm/machine/machine.h"

namespace vix::vm {

struct MachineState {
    Machine machine;                // as it was configured in that state
    std::vector<DiskDevice> disks;  // the disk files of that state
    unsigned permissions;           // of the .vmx, as in chmod: copies are no more accessible
    std::optional<std::string> nvram = {};  // its bytes; nothing if the machine has none
    unsigned nvram_permissions = 0600;
    std::string vmxf = {};                               // its text; empty: no usable one exists
    std::optional<std::string> firmware_variables = {};  // if it was started here with UEFI
};

// Returns the path of the variables that QEMU's UEFI uses instead of an .nvram:
// "<name>.OVMF_VARS.fd" next to the .vmx, or next to the .vmsn under that file's name.
boost::filesystem::path firmware_variables_path(const boost::filesystem::path& vmx_or_vmsn);

// "<name>-Snapshot3.plain.vmem": the memory of a snapshot for programs that examine it. Nothing
// here reads it.
boost::filesystem::path plain_memory_path(const boost::filesystem::path& state);

// The files of a snapshot state or suspend state: itself, and what may lie beside it under its
// name, that is its memory, the same as plain memory, and UEFI's variables.
std::vector<boost::filesystem::path> files_of_state(const boost::filesystem::path& state);

// Throws VIX_E_FILE_ACCESS_ERROR if the nvram is not a regular file, is larger than any nvram, or
// is outside the machine's folder and not an nvram. The same holds for UEFI's variables.
MachineState present_state(const Machine& machine);

// Throws VIX_E_SNAPSHOT_DUMPER if the snapshot state is missing or damaged.
MachineState state_of_snapshot(const Machine& machine, const Snapshot& snapshot);

}  // namespace vix::vm
