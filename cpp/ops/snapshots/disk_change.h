// Switches a machine to new disks: the common part of taking a snapshot and reverting to one. A
// failure before the snapshot list is replaced undoes everything; after a crash the next call does.
#pragma once

#include <boost/filesystem/path.hpp>
#include <functional>
#include <vector>

#include "base/progress.h"
#include "ops/machine/pending.h"
#include "ops/snapshots/child_disks.h"
#include "vm/machine/machine.h"

namespace vix::ops {

// Prepares and syncs all new files first, then replaces the configuration, then the snapshot list.
// Until the list is replaced, a failure undoes all of it; the next call recovers after a crash.
class ChangeOfDisks {
  public:
    // `machine` must outlive this object.
    explicit ChangeOfDisks(const vm::Machine& machine) : machine_{machine}, pending_{machine} {}

    Pending& pending() { return pending_; }
    ChildDisks& children() { return children_; }

    // Writes the journal. Make the files named in pending() and children() only after this call.
    void begin();

    // Switches a running machine to the new disks; called after the configuration and before the
    // snapshot list. Throws if the machine did not switch. After power::MayHaveGoneOver the new
    // disks and the configuration stay, because the machine may use them.
    using GoOver = std::function<void()>;

    // `also`: further new files to sync.
    void commit(const format::Dictionary& config, const vm::SnapshotTree& tree,
                std::vector<boost::filesystem::path> also, Progress& progress,
                const GoOver& go_over = {});

  private:
    bool is_synced() const { return machine_.settings().durability == vm::Durability::Synced; }
    void sync_with_children(std::vector<boost::filesystem::path> paths);

    const vm::Machine& machine_;
    Pending pending_;  // destroyed last: it cleans up what the others could not undo
    ChildDisks children_;
};

}  // namespace vix::ops
