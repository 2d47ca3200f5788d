// Snapshots behind handles, for the calls that only read them and for those that change them.
#pragma once

#include <memory>

#include "api/handles/object.h"
#include "vm/machine/machine.h"
#include "vm/snapshots/snapshot_tree.h"

namespace vix::api {

// The handle of this snapshot. Error VIX_E_INVALID_HANDLE if the host has been disconnected.
Handle snapshot_handle(const std::shared_ptr<VmObject>& vm, int uid);

// VIX_E_INVALID_ARG for a snapshot of another machine.
void require_snapshot_of(const SnapshotObject& snapshot, const VmObject& vm);

// VIX_E_SNAPSHOT_NOTFOUND if it has been removed.
const vm::Snapshot& find_snapshot(const vm::SnapshotTree& tree, const SnapshotObject& snapshot);

// The machine's power state when the snapshot was taken.
vm::PowerState power_state_of(const vm::Snapshot& snapshot, const VmObject& vm);

}  // namespace vix::api
