// A machine's snapshots as last read: a script that lists two thousand of them asks thousands of
// times. Several threads may share it. None waits for another: in the child of a fork the other may
// be gone.
#pragma once

#include <mutex>
#include <optional>
#include <utility>

#include "host/snapshot_list.h"
#include "io/files/file_state.h"

namespace vix::host {

class KnownSnapshots {
  public:
    // Nothing unless the file is as it was when this list was kept.
    std::optional<SnapshotList> find(const std::optional<io::FileState>& now) const {
        const std::unique_lock lock{mutex_, std::try_to_lock};
        return lock && now && state_ == now ? list_ : std::nullopt;
    }

    // `before`: the file's state before it was read.
    void keep(const std::optional<io::FileState>& before, const SnapshotList& list) {
        if (!before || !io::is_settled(*before)) return;
        const std::unique_lock lock{mutex_, std::try_to_lock};
        if (!lock) return;
        state_ = before;
        list_ = list;
    }

  private:
    mutable std::mutex mutex_;
    std::optional<io::FileState> state_;  // mutex_ protects these two
    std::optional<SnapshotList> list_;
};

}  // namespace vix::host
