// Snapshots of machines that run: their disks, with or without memory, as they are at one instant.
//
// The machine stands still meanwhile. The order is that of a snapshot of a machine that is off,
// with one more step: new disks; the .vmx goes over to them; the machine that runs goes over to
// them; the list. So at no instant does it write to a disk that a recorded snapshot depends on. Who
// dies between the second and third step leaves it standing still, on disks that are the same as
// those in the .vmx, and the next call that wants it to go on completes the third.
#pragma once

#include "base/progress.h"
#include "ops/snapshot.h"
#include "power/settings.h"

namespace vix::ops {

enum class Memory { LeftOut, Included };

// Gives the new snapshot's uid. Without memory the guest's file systems are frozen first, if it has
// an agent. Errors: VIX_E_VM_NOT_RUNNING; VIX_E_CANNOT_CONNECT_TO_VM when another product runs it;
// VIX_E_SNAPSHOT_INDEPENDENTDISK, VIX_E_SNAPSHOT_MEMORY_ON_INDEPENDENT_DISK; VIX_E_DISK_NOIO;
// VIX_E_SNAPSHOT_CHECKPOINT when the memory cannot be saved; those of its disks.
int create_live_snapshot(const SnapshotRequest& request, Memory memory,
                         const power::Settings& power_settings, Progress& progress);

// As remove_snapshot(), but a disk that the machine has open stays in its chain, and is merged by
// the next removal of a snapshot while the machine is off. Errors as above.
void remove_live_snapshot(const boost::filesystem::path& vmx, int uid, RemoveChildren children,
                          const vm::Settings& settings, const power::Settings& power_settings,
                          Progress& progress);

}  // namespace vix::ops
