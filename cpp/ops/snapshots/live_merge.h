// Merges the disk that a running machine writes to and its parent, while the machine runs.
//
// No existing disk is changed. A new disk gets the parent's content from this process. The image
// server copies the current disk into it, and what the guest writes meanwhile. When it reads as the
// current disk and the machine stands still, the .vmx switches to it, then the running machine. So
// at every instant the .vmx names a disk that reads as the guest left it, and all content ids
// agree. Then nothing depends on the two former disks, and the caller deletes them.
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <functional>

#include "base/progress.h"
#include "ops/machine/pending.h"
#include "power/running_machine.h"
#include "vm/disks/disk.h"
#include "vm/machine/settings.h"
#include "vm/snapshots/snapshot_tree.h"

namespace vix::ops {

struct LiveMerge {
    vm::DiskDevice device;
    vm::Disk disk;  // three links or more: the current disk, its parent, ...
    const vm::SnapshotTree& tree;
    // Called with the new disk's path before the .vmx names it.
    std::function<void(const boost::filesystem::path&)> before_switching;
    // What must be left of the file system after the copy, in bytes: the guest writes on.
    std::uint64_t spare_bytes = std::uint64_t{64} << 20;
};

// The files of the current disk and its parent. Nothing depends on them after the merge.
std::vector<boost::filesystem::path> former_files(const LiveMerge& merge,
                                                  const vm::Settings& settings);

// Returns the new disk's path. The machine has switched to it and still stands still. `pending`
// lists its files. On an error the machine continues on its former disks, except with
// power::MayHaveGoneOver: then all disks stay, and so does the .vmx that names the new one. Throws:
// - VIX_E_DISK_FULL before anything is made.
// - The errors of RunningMachine::begin_copy().
boost::filesystem::path merge_while_running(power::RunningMachine& running, const LiveMerge& merge,
                                            Pending& pending, const vm::Settings& settings,
                                            Progress& progress);

}  // namespace vix::ops
