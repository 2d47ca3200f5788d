// Takes, reverts to and removes snapshots of a machine that is off or suspended.
//
// The order of every change keeps one rule: the machine's current disk is never one that a recorded
// snapshot or linked clone depends on. So the configuration switches to new disks before the
// snapshot list names the old ones, and the list drops a snapshot before its disk is changed. At
// worst a crash leaves an extra disk file.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>

#include "base/progress.h"
#include "vm/machine/machine.h"
#include "vm/machine/power_state.h"

namespace vix::ops {

struct SnapshotRequest {
    boost::filesystem::path vmx;
    std::string name;
    std::string description;
    vm::Settings settings;
};

// Returns the new snapshot's uid. A snapshot of a suspended machine has its memory. Throws:
// - VIX_E_VM_IS_RUNNING: the machine runs, or another product suspended it.
// - VIX_E_SNAPSHOT_NOCHANGE: it is suspended exactly as a snapshot records it.
// - VIX_E_NEED_KEY, and the errors of its disks.
// - VIX_E_DISK_PARENT_NOTALLOWED: a disk that can have no children.
int create_snapshot(const SnapshotRequest& request, Progress& progress);
// The same for a machine that the caller has opened.
int create_snapshot(vm::Machine machine, const std::string& name, const std::string& description,
                    Progress& progress);

// True if the machine is exactly as it was when the snapshot was taken: nothing written to its
// disks, the same configuration except for disk names, the same nvram.
bool is_unchanged_since(const vm::Machine& machine, const vm::Snapshot& snapshot);

// Restores configuration, nvram and disks; the data of the current disks is lost. Returns the power
// state at the time of the snapshot. With memory the machine is then suspended, and the next start
// resumes it. Throws VIX_E_SNAPSHOT_NOTFOUND; VIX_E_SNAPSHOT_NOT_REVERTABLE if the memory is
// missing or another product's; VIX_E_VM_IS_RUNNING.
vm::PowerState revert_to_snapshot(const boost::filesystem::path& vmx, int uid,
                                  const vm::Settings& settings, Progress& progress);

// Checks what would fail too late if a running machine were stopped first.
void require_revertable(const vm::Machine& machine, const vm::Snapshot& snapshot);

enum class RemoveChildren { No, Yes };

// Moves the data of its disk to where it is still needed; no other data of the machine is lost.
// Throws VIX_E_SNAPSHOT_NOTFOUND; VIX_E_SNAPSHOT_DISKLOCKED if a linked clone depends on it;
// VIX_E_TEMPLATE_VM; VIX_E_VM_IS_RUNNING.
void remove_snapshot(const boost::filesystem::path& vmx, int uid, RemoveChildren children,
                     const vm::Settings& settings, Progress& progress);

// The same, but marks a snapshot that a linked clone depends on, to be removed later, instead of
// throwing VIX_E_SNAPSHOT_DISKLOCKED. See ops/snapshots/later_removal.h.
void remove_snapshot_when_free(const boost::filesystem::path& vmx, int uid, RemoveChildren children,
                               const vm::Settings& settings, Progress& progress);

// Removes the marked snapshots whose clones have been deleted. A failure is noted, and they stay
// marked. Throws VIX_E_CANCELLED.
void remove_marked_snapshots(const boost::filesystem::path& vmx, const vm::Settings& settings,
                             Progress& progress);

}  // namespace vix::ops
