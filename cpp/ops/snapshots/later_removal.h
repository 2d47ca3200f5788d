// The setting snapshot.removeLater: a snapshot that linked clones depend on is marked in the
// snapshot list, and removed by a later call when these clones have been deleted. The mark lists
// the clones with their file systems: a clone on one that is not mounted is not gone. In doubt a
// snapshot stays.
#pragma once

#include <vector>

#include "base/progress.h"
#include "vm/machine/machine.h"

namespace vix::ops {

// Marks those of the snapshots that a linked clone depends on, in one change of the list, and
// returns them. One whose clone cannot be recognised again is not marked. The caller holds the
// MachineLock.
std::vector<int> mark_for_later(const vm::Machine& machine, const std::vector<int>& uids,
                                Progress& progress);

// The marked snapshots whose clones have been deleted. A clone that was made since the mark keeps
// its snapshot.
std::vector<int> marked_and_free(const vm::Machine& machine);

}  // namespace vix::ops
