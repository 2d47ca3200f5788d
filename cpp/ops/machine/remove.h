// Deletes a machine from disk, with or without its disks.
#pragma once

#include "base/progress.h"
#include "vm/machine/settings.h"

namespace vix::ops {

enum class RemoveDisks { No, Yes };

// Deletes the machine's files: configuration, nvram, snapshot and suspend states, logs. With
// RemoveDisks::Yes also the disk files in its folder and the deltas that its snapshots made next to
// a disk elsewhere. Deletes the folder if it is then empty. Files that others need stay. Throws
// VIX_E_VM_IS_RUNNING (3007) for a running machine and VIX_E_TEMPLATE_VM (4003) for a template.
void remove_machine(const boost::filesystem::path& vmx, RemoveDisks disks,
                    const vm::Settings& settings, Progress& progress);

}  // namespace vix::ops
