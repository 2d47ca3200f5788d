// The snapshot calls of the façade, and what VMClone and GetProperties need of them.
#pragma once

#include "api/object.h"
#include "vm/snapshot_tree.h"

namespace vix::api {

// VIX_E_INVALID_ARG for a snapshot of another machine.
void require_snapshot_of(const SnapshotObject& snapshot, const VmObject& vm);

// VIX_E_SNAPSHOT_NOTFOUND when it has been removed.
const vm::Snapshot& find_snapshot(const vm::SnapshotTree& tree, const SnapshotObject& snapshot);

}  // namespace vix::api
