// A machine's snapshot list as the last call left it, so that the next one need not parse it again:
// a parent may have ten thousand linked clones, and each of them is recorded there. Several threads
// may share it; the one that comes second parses. None waits for another: in the child of a fork
// the other may be gone.
#pragma once

#include <mutex>
#include <utility>

#include "vm/snapshots/snapshot_tree.h"

namespace vix::vm {

class KnownList {
  public:
    // For Machine::know_snapshots(). An empty one if nothing is known.
    SnapshotTree take() {
        const std::unique_lock lock{mutex_, std::try_to_lock};
        return lock ? std::exchange(known_, {}) : SnapshotTree{};
    }

    // `tree` is as it was read, or settled and written.
    void keep(SnapshotTree tree) {
        const std::unique_lock lock{mutex_, std::try_to_lock};
        if (lock) known_ = std::move(tree);
    }

  private:
    std::mutex mutex_;
    SnapshotTree known_;  // mutex_ protects it
};

}  // namespace vix::vm
