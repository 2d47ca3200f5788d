// Snapshots behind handles: for the calls that look at them at once, and those that change them.
#pragma once

#include <memory>

#include "api/object.h"
#include "vm/machine.h"
#include "vm/snapshot_tree.h"

namespace vix::api {

// The handle of that snapshot.
Handle snapshot_handle(const std::shared_ptr<VmObject>& vm, int uid);

// VIX_E_INVALID_ARG for a snapshot of another machine.
void require_snapshot_of(const SnapshotObject& snapshot, const VmObject& vm);

// VIX_E_SNAPSHOT_NOTFOUND when it has been removed.
const vm::Snapshot& find_snapshot(const vm::SnapshotTree& tree, const SnapshotObject& snapshot);

// What the machine did when the snapshot was taken.
vm::PowerState power_state_of(const vm::Snapshot& snapshot, const VmObject& vm);

}  // namespace vix::api
