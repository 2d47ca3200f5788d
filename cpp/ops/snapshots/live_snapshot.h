// Takes and removes snapshots of running machines: their disks at one instant, with or without
// memory.
//
// The machine is paused in the meantime. The order of changes has one step more than for a machine
// that is off:
// 1. the new disks are made,
// 2. the .vmx switches to them,
// 3. the running machine switches to them,
// 4. the snapshot list is replaced.
// So the machine never writes to a disk that a recorded snapshot depends on. A crash between steps
// 2 and 3 leaves it paused, on disks with the same content as those in the .vmx. The next call that
// resumes it completes step 3.
#pragma once

#include "base/progress.h"
#include "ops/snapshots/snapshot.h"
#include "power/libvirt/run_settings.h"

namespace vix::ops {

enum class Memory { LeftOut, Included };

// Returns the new snapshot's uid. Without memory it first freezes the guest's file systems, if the
// guest has an agent. Throws:
// - VIX_E_VM_NOT_RUNNING.
// - VIX_E_CANNOT_CONNECT_TO_VM: another product runs the machine.
// - VIX_E_SNAPSHOT_INDEPENDENTDISK, VIX_E_SNAPSHOT_MEMORY_ON_INDEPENDENT_DISK.
// - VIX_E_DISK_NOIO, and the errors of its disks.
// - VIX_E_SNAPSHOT_CHECKPOINT: the memory cannot be saved.
int create_live_snapshot(const SnapshotRequest& request, Memory memory,
                         const power::Settings& power_settings, Progress& progress);

// As remove_snapshot(). Of the disks that the machine has open, it merges the current disk and its
// parent (see ops/snapshots/live_merge.h). The other open disks stay in their chain; the next
// removal of a snapshot while the machine is off merges them. Errors as above.
void remove_live_snapshot(const boost::filesystem::path& vmx, int uid, RemoveChildren children,
                          const vm::Settings& settings, const power::Settings& power_settings,
                          Progress& progress);

}  // namespace vix::ops
