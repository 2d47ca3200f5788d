// What a full clone can take of a machine that is encrypted for its TPM alone, as VMware makes them
// for Windows 11: its current state, while it is off. Its disks are not encrypted, and the rest is
// copied with the keys that it needs.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

#include "vm/machine/config.h"
#include "vm/snapshots/machine_state.h"

namespace vix::ops {

// Throws VIX_E_NEED_KEY for what is encrypted: the whole machine, the state of its snapshots if the
// clone is `of_snapshot`, or the memory of a suspended machine. Other machines pass.
void refuse_encrypted_parts(const vm::Config& source, bool of_snapshot);

// Throws VIX_E_FILE_NOT_FOUND if the machine has a TPM and no file with its state. VMware would
// make a new nvram with an empty TPM, and the guest could no longer unlock its disks.
void require_tpm_state(const vm::MachineState& source);

// What the caller should know about the clone of such a machine; nothing for others.
std::vector<std::string> notes_of_encryption(const vm::Config& source,
                                             const boost::filesystem::path& clone);

}  // namespace vix::ops
