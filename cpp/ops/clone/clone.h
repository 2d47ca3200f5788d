// Makes full and linked clones of a machine. All paths are absolute paths on this host. All or
// nothing: on any Error the source is as before, and nothing of the clone remains.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "vm/machine/settings.h"

namespace vix::ops {

struct CloneRequest {
    boost::filesystem::path source;       // the .vmx to clone, absolute, on this host
    boost::filesystem::path destination;  // the .vmx to make, absolute, on this host
    vm::Settings settings;
    std::optional<int> snapshot = std::nullopt;  // uid; nothing: the current state
};

// Makes `request.destination` a full, powered-off, independent clone of `request.source`, in its
// current state or that of a snapshot. On failure the folders that it made are removed as well.
// Returns the notes for the caller.
//
// A machine that is encrypted for its TPM alone keeps its keys and its encrypted nvram byte for
// byte, so source and clone have the same password and the same TPM. Throws VIX_E_NEED_KEY for what
// else of it is encrypted: the state of a snapshot, or the memory of one that is suspended; and
// VIX_E_FILE_NOT_FOUND without the nvram, which holds the TPM.
std::vector<std::string> clone_full(const CloneRequest& request, Progress& progress);

// Makes a clone whose disks depend on those of the snapshot. Without a snapshot it takes one of the
// current state first; that one stays, but is removed if the call fails. The order of changes:
// 1. the snapshot,
// 2. the clone's files in the staging folder,
// 3. the record of the clone in the source's .vmsd,
// 4. the clone appears.
// So an existing clone is always recorded, and a record without a clone means nothing.
// Throws the errors of clone_full() and:
// - VIX_E_SNAPSHOT_VERSION: the source shares disks with other machines.
// - VIX_E_VM_IS_RUNNING: the source is suspended; it runs and no snapshot is named; or the snapshot
//   has memory.
// - VIX_E_SNAPSHOT_NOTFOUND, VIX_E_DISK_PARENT_NOTALLOWED.
// A template in a folder that cannot be written gets no record. Returns the notes for the caller.
std::vector<std::string> clone_linked(const CloneRequest& request, Progress& progress);

}  // namespace vix::ops
