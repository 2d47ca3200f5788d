// What a .vmx says shall happen to the machine's snapshot when it is powered off: snapshot.action.
#pragma once

#include "vm/config.h"
#include "vm/snapshot_tree.h"

namespace vix::vm {

// "keep" (also by default), "autoRevert": go back to the current snapshot, "autoCommit": replace
// that by the present state, "prompt": ask.
enum class PowerOffAction { Keep, Revert, Commit, Ask };

// Of a machine without a current snapshot always Keep. Error VIX_E_CANNOT_READ_VM_CONFIG: another
// value.
PowerOffAction power_off_action(const Config& machine, const SnapshotTree& tree);

}  // namespace vix::vm
