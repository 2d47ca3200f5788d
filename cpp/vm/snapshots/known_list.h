// A machine's snapshot list as the last call left it, so that the next one need not parse it again:
// a parent may have ten thousand linked clones, and each of them is recorded there. Several threads
// may share it; the one that comes second parses.
#pragma once

#include <boost/filesystem/path.hpp>
#include <mutex>
#include <utility>

#include "vm/snapshots/snapshot_tree.h"

namespace vix::vm {

class KnownList {
  public:
    // As SnapshotTree::read().
    SnapshotTree take(const boost::filesystem::path& vmsd) {
        return SnapshotTree::read(vmsd, take_known());
    }

    // `tree` is as it was read, or settled and written.
    void keep(SnapshotTree tree) {
        const std::lock_guard lock{mutex_};
        known_ = std::move(tree);
    }

  private:
    SnapshotTree take_known() {
        const std::lock_guard lock{mutex_};
        return std::exchange(known_, {});
    }

    std::mutex mutex_;
    SnapshotTree known_;  // mutex_ protects it
};

}  // namespace vix::vm
