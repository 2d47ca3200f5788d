#include "host/snapshot_list.h"

#include <algorithm>

namespace vix::host {

const SnapshotInfo* SnapshotList::find(int id) const {
    const auto found = std::find_if(snapshots_->begin(), snapshots_->end(),
                                    [id](const SnapshotInfo& each) { return each.id == id; });
    return found == snapshots_->end() ? nullptr : &*found;
}

std::vector<int> SnapshotList::children(int id) const {
    std::vector<int> ids;
    for (const SnapshotInfo& snapshot : *snapshots_) {
        if (snapshot.parent == id) ids.push_back(snapshot.id);
    }
    return ids;
}

}  // namespace vix::host
