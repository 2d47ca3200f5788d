// What a .vmx says shall happen to the machine's snapshot when it is powered off: snapshot.action.
#pragma once

#include "vm/config.h"
#include "vm/snapshot_tree.h"

namespace vix::vm {

// "keep" (also by default), "autoRevert": revert to the current snapshot, "autoCommit": take a new
// snapshot, "prompt": ask.
enum class PowerOffAction { Keep, Revert, Commit, Ask };

// Always Keep for a machine without a current snapshot. Error VIX_E_CANNOT_READ_VM_CONFIG: another
// value.
PowerOffAction power_off_action(const Config& machine, const SnapshotTree& tree);

}  // namespace vix::vm
