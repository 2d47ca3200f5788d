// What a .vmx says against taking a snapshot.
#pragma once

#include "vm/config.h"
#include "vm/snapshot_tree.h"

namespace vix::ops {

// Errors: VIX_E_SNAPSHOT_MAXSNAPSHOTS when the machine has as many snapshots as
// snapshot.maxSnapshots allows; VIX_E_CANNOT_READ_VM_CONFIG when that is no number;
// VIX_E_SNAPSHOT_VERSION when snapshot.disabled is TRUE or the machine shares a bus or disk with
// others; VIX_E_NOT_SUPPORTED, see vm::refuse_redo_elsewhere().
void refuse_new_snapshot(const vm::Config& machine, const vm::SnapshotTree& tree,
                         const vm::Settings& settings);

}  // namespace vix::ops
