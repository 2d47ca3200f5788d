// Checks whether a machine's .vmx allows a new snapshot. Changes nothing.
#pragma once

#include "vm/machine/machine.h"

namespace vix::ops {

// Throws:
// - VIX_E_SNAPSHOT_MAXSNAPSHOTS: the machine has as many snapshots as snapshot.maxSnapshots allows.
// - VIX_E_CANNOT_READ_VM_CONFIG: snapshot.maxSnapshots is not a number.
// - VIX_E_SNAPSHOT_VERSION: snapshot.disabled is TRUE, or the machine shares a bus or disk with
//   others.
// - VIX_E_NOT_SUPPORTED: see vm::refuse_redo_elsewhere().
void refuse_new_snapshot(const vm::Machine& machine);

}  // namespace vix::ops
