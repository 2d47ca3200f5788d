// Snapshots behind handles, for the calls that only read them and for those that change them.
#pragma once

#include <memory>

#include "api/handles/object.h"
#include "host/snapshot_list.h"

namespace vix::api {

// The handle of this snapshot. Error VIX_E_INVALID_HANDLE if the host has been disconnected.
Handle snapshot_handle(const std::shared_ptr<VmObject>& vm, int id);

// VIX_E_INVALID_ARG for a snapshot of another machine.
void require_snapshot_of(const SnapshotObject& snapshot, const VmObject& vm);

// VIX_E_SNAPSHOT_NOTFOUND if it has been removed.
const host::SnapshotInfo& find_snapshot(const host::SnapshotList& list,
                                        const SnapshotObject& snapshot);

}  // namespace vix::api
