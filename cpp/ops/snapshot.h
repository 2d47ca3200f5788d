// Snapshots of a virtual machine that is off or suspended: taking, going back to, and removing
// them.
//
// The order of every change keeps one rule: at no instant may the machine's present disk be one
// that a recorded snapshot or linked clone depends on. So the configuration goes over to new disks
// before the list of snapshots names what it left, and the list forgets a snapshot before its
// disk is changed. What a crash leaves is at worst a disk file too many.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>

#include "base/progress.h"
#include "vm/config.h"
#include "vm/machine.h"
#include "vm/settings.h"
#include "vm/snapshot_tree.h"

namespace vix::ops {

struct SnapshotRequest {
    boost::filesystem::path vmx;
    std::string name;
    std::string description;
    vm::Settings settings;
};

// Gives the new snapshot's uid. One of a suspended machine has its memory. Errors:
// VIX_E_VM_IS_RUNNING for a machine that runs or that another product suspended;
// VIX_E_SNAPSHOT_NOCHANGE for one that is suspended as a snapshot has it; VIX_E_NEED_KEY, and those
// of its disks; VIX_E_DISK_PARENT_NOTALLOWED for disks that can have no children.
int create_snapshot(const SnapshotRequest& request, Progress& progress);

// Whether the machine is still just as it was when the snapshot was taken: nothing written to its
// disks, the same configuration but for their names, the same nvram.
bool is_unchanged_since(const vm::Config& machine, const vm::Snapshot& snapshot,
                        const vm::Settings& settings);

// The machine's configuration, nvram and disks as they were; what its present disks hold is lost.
// Gives what the machine did when the snapshot was taken; with its memory it is suspended, to be
// resumed by the next start. Errors: VIX_E_SNAPSHOT_NOTFOUND; VIX_E_SNAPSHOT_NOT_REVERTABLE when
// the memory is missing or another product's; VIX_E_VM_IS_RUNNING.
vm::PowerState revert_to_snapshot(const boost::filesystem::path& vmx, int uid,
                                  const vm::Settings& settings, Progress& progress);

// What would be found out too late where a machine that runs is given up first.
void require_revertable(const boost::filesystem::path& vmx, const vm::Snapshot& snapshot,
                        const vm::Settings& settings);

enum class RemoveChildren { No, Yes };

// Its disk's content goes where it is still needed: nothing else that the machine holds is lost.
// Errors: VIX_E_SNAPSHOT_NOTFOUND; VIX_E_SNAPSHOT_DISKLOCKED while a linked clone depends on it;
// VIX_E_TEMPLATE_VM; VIX_E_VM_IS_RUNNING.
void remove_snapshot(const boost::filesystem::path& vmx, int uid, RemoveChildren children,
                     const vm::Settings& settings, Progress& progress);

}  // namespace vix::ops
