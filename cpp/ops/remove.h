// Deleting a virtual machine from disk.
#pragma once

#include "base/progress.h"
#include "vm/machine.h"

namespace vix::ops {

enum class RemoveDisks { No, Yes };

// Deletes the files of the virtual machine: configuration, nvram, snapshot and suspend state, logs
// and, when asked, the disk files that lie in its folder and the deltas that its snapshots made
// beside a disk elsewhere; the folder too if nothing is left in it. Files of others stay. Running:
// 3007. Template: 4003.
void remove_machine(const boost::filesystem::path& vmx, RemoveDisks disks,
                    const vm::Settings& settings, Progress& progress);

}  // namespace vix::ops
