// Making a full or linked clone of a virtual machine.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "vm/settings.h"

namespace vix::ops {

struct CloneRequest {
    boost::filesystem::path source;       // the .vmx to clone, absolute, on this host
    boost::filesystem::path destination;  // the .vmx to make, absolute, on this host
    vm::Settings settings;
    std::optional<int> snapshot = std::nullopt;  // uid; nothing: the present state
};

// Makes `request.destination` a full, powered-off, independent clone of `request.source` in its
// present state or that of a snapshot. All or nothing: on any failure (Error) the source is
// untouched and nothing of the clone remains, folders made on the way included.
void clone_full(const CloneRequest& request, Progress& progress);

// The same for a clone whose disks stand on those of the snapshot. Without one a snapshot of the
// present state is made first and stays; on failure it is removed again. The order of changes: the
// snapshot, the clone's files in staging, the record of the clone in the source's .vmsd, the clone.
// So a clone that exists is always recorded; a record without a clone means nothing. Errors besides
// those of clone_full(): VIX_E_SNAPSHOT_VERSION for a source that shares disks with others;
// VIX_E_VM_IS_RUNNING for a suspended source, one that runs where no
// snapshot is named, and snapshots with memory; VIX_E_SNAPSHOT_NOTFOUND;
// VIX_E_DISK_PARENT_NOTALLOWED.
// A template in a folder that may not be written gets no record. Gives what to tell the caller
// then.
std::vector<std::string> clone_linked(const CloneRequest& request, Progress& progress);

}  // namespace vix::ops
