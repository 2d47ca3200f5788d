// The snapshots of a machine as its host reports them, read in one piece.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace vix::host {

inline constexpr int kNoSnapshot = 0;

struct SnapshotInfo {
    int id = kNoSnapshot;
    int parent = kNoSnapshot;  // id; kNoSnapshot for a root
    std::string display_name;
    std::string description;
    bool with_memory = false;  // taken while the machine ran
};

class SnapshotList {
  public:
    SnapshotList(std::vector<SnapshotInfo> snapshots, int current)
        : snapshots_{std::make_shared<const std::vector<SnapshotInfo>>(std::move(snapshots))},
          current_{current} {}

    const std::vector<SnapshotInfo>& snapshots() const { return *snapshots_; }
    int current() const { return current_; }  // id; kNoSnapshot if there is none
    const SnapshotInfo* find(int id) const;
    std::vector<int> children(int id) const;  // of kNoSnapshot: the roots

  private:
    std::shared_ptr<const std::vector<SnapshotInfo>> snapshots_;  // copies share it
    int current_;
};

}  // namespace vix::host
