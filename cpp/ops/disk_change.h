// A machine goes over to new disks: what taking a snapshot and going back to one have in common.
#pragma once

#include <boost/filesystem/path.hpp>
#include <functional>
#include <vector>

#include "base/progress.h"
#include "ops/child_disks.h"
#include "ops/pending.h"
#include "vm/settings.h"
#include "vm/snapshot_tree.h"

namespace vix::ops {

// All that is new is made ready and synced at once, then the configuration and after it the list
// are exchanged. Until the list is, all of it is undone on failure; what a dead process leaves goes
// with the next call.
class ChangeOfDisks {
  public:
    ChangeOfDisks(const boost::filesystem::path& vmx, const vm::Settings& settings)
        : vmx_{vmx}, settings_{settings}, pending_{vmx, settings}, children_{settings} {}

    Pending& pending() { return pending_; }
    ChildDisks& children() { return children_; }

    // From here on what both of them name may be made.
    void begin();

    // What runs goes over to the new disks, between the configuration and the list. An error means
    // that it has not; after power::MayHaveGoneOver the new disks and the configuration stay.
    using GoOver = std::function<void()>;

    // `also`: what else has been made and must last.
    void commit(const format::Dictionary& config, const vm::SnapshotTree& tree,
                std::vector<boost::filesystem::path> also, Progress& progress,
                const GoOver& go_over = {});

  private:
    bool is_synced() const { return settings_.durability == vm::Durability::Synced; }
    void sync_with_children(std::vector<boost::filesystem::path> paths);

    boost::filesystem::path vmx_;
    const vm::Settings& settings_;
    Pending pending_;  // goes last: it tidies up what the others could not undo
    ChildDisks children_;
};

}  // namespace vix::ops
