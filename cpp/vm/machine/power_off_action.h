// Reads snapshot.action of a .vmx: what happens to the machine's snapshot when it is powered off.
#pragma once

#include "vm/machine/config.h"
#include "vm/snapshots/snapshot_tree.h"

namespace vix::vm {

// "keep" (the default), "autoRevert": revert to the current snapshot, "autoCommit": take a new
// snapshot, "prompt": ask.
enum class PowerOffAction { Keep, Revert, Commit, Ask };

// Always Keep for a machine without a current snapshot. Throws VIX_E_CANNOT_READ_VM_CONFIG for any
// other value.
PowerOffAction power_off_action(const Config& machine, const SnapshotTree& tree);

}  // namespace vix::vm
