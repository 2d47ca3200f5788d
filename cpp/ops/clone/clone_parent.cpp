#include "ops/clone/clone_parent.h"

#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "ops/snapshots/list/kept_lists.h"
#include "ops/snapshots/list/snapshot_list.h"
#include "ops/snapshots/snapshot.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

// VMware's names for the snapshot that it takes for a linked clone.
constexpr const char* kName = "Clone";
constexpr const char* kDescription = "Created by clone operation.";

// True if the error means that the folder cannot be written, by this user or by anybody.
bool is_forbidden(const Error& error) {
    return error.code() == VIX_E_FILE_READ_ONLY || error.code() == VIX_E_FILE_ACCESS_ERROR;
}

}  // namespace

std::optional<int> snapshot_to_reuse(const vm::Machine& parent) {
    if (!parent.settings().reuse_snapshot) return std::nullopt;
    const vm::SnapshotTree& tree = parent.snapshots();
    const vm::Snapshot* current = tree.find(tree.current());
    const bool ours =
        current != nullptr && !current->with_memory && current->description == kDescription;
    if (!ours || !is_unchanged_since(parent, *current)) return std::nullopt;
    return current->uid;
}

SnapshotForClone::SnapshotForClone(const vm::Machine& parent, Progress& progress)
    : parent_{parent}, uid_{create_snapshot(parent, kName, kDescription, progress)} {}

SnapshotForClone::~SnapshotForClone() {
    if (kept_) return;
    try {
        Progress quiet;
        remove_snapshot(parent_.path(), uid_, RemoveChildren::No, parent_.settings(), quiet);
    } catch (...) {
        // The snapshot stays. A successful clone leaves it as well.
    }
}

ParentHold::ParentHold(const vm::Machine& parent, Progress& waiting) {
    try {
        hold_.emplace(parent.path(), waiting);
    } catch (const Error& error) {
        if (!is_forbidden(error) || !parent.is_template()) throw;
    }
}

CloneRecord::CloneRecord(vm::Machine& parent, int snapshot, fs::path clone)
    : parent_{parent}, snapshot_{snapshot}, clone_{std::move(clone)} {}

CloneRecord::~CloneRecord() {
    // A clone that could not be removed still needs its record.
    boost::system::error_code ignored;
    if (!written_ || kept_ || fs::exists(clone_, ignored)) return;
    try {
        Progress unhindered;
        SnapshotListChange undo{
            parent_.path(), parent_.settings().durability, unhindered,
            [&](vm::SnapshotTree& tree) { return tree.remove_clone(recorded_name()); },
            KeptLists::take(parent_.path())};
        undo.commit();
    } catch (...) {
        // A record without a clone means nothing, and the first error is the one to report.
    }
}

std::string CloneRecord::named_by_clone(const fs::path& target) const {
    return name_in(clone_.parent_path(), target);
}

void CloneRecord::write(Progress& waiting) {
    const auto add = [&](vm::SnapshotTree& tree) {
        tree.require(snapshot_, parent_.path());
        tree.add_clone(snapshot_, recorded_name());
        return true;
    };
    try {
        SnapshotListChange change{parent_.path(), parent_.settings().durability, waiting, add,
                                  parent_.take_snapshots()};
        written_ = true;  // also if only the sync in commit() fails
        change.commit();
    } catch (const Error& error) {
        if (written_ || !is_forbidden(error)) throw;
        note_missing(error);
    }
}

std::string CloneRecord::name_in(const fs::path& folder, const fs::path& target) const {
    if (parent_.settings().clone_paths == vm::ClonePaths::Absolute) return target.string();
    return fs::relative(target, folder).string();
}

// VMware also requires a template here: the snapshots of a template cannot be removed.
void CloneRecord::note_missing(const Error& error) {
    if (!parent_.is_template()) {
        throw Error{error.code(), error.detail() +
                                      "; a parent that cannot be written must be a template "
                                      "(templateVM = \"TRUE\" in its .vmx)"};
    }
    notes_.push_back(parent_.path().string() + " has no record of this clone (" + error.detail() +
                     "); its snapshots are protected only while it is a template, and removing "
                     "the snapshot would destroy the clone");
}

}  // namespace vix::ops
