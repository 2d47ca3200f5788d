#include "ops/snapshots/snapshot_list.h"

#include <utility>

#include "io/files/file_state.h"
#include "ops/machine/machine_lock.h"
#include "vm/machine/machine_files.h"

namespace vix::ops {

// cppcheck does not see that `known` is moved.
// A SnapshotHold guards the folder, so this guards the .vmx, which is replaced only under a
// MachineLock.
SnapshotListChange::SnapshotListChange(const boost::filesystem::path& vmx, Progress& waiting,
                                       const Change& change,
                                       vm::SnapshotTree known)  // cppcheck-suppress passedByValue
    : guard_{vmx, io::LockKind::Exclusive, {kPatience, &waiting}, vmx.string() + ".list"},
      list_{vm::snapshot_list_path(vmx)},
      tree_{vm::SnapshotTree::read(list_, std::move(known))} {
    if (change(tree_)) replacement_.emplace(list_, tree_.settle());
}

void SnapshotListChange::commit(vm::Durability durability) {
    if (!replacement_) return;
    const auto sealed = io::seal(replacement_->fresh());
    if (durability == vm::Durability::Synced) io::sync_all({replacement_->fresh()});
    replacement_->commit(durability);
    // Only now, because the rename changed the time of change. The guard keeps this library's other
    // calls away meanwhile; the time of modification shows whether another program wrote.
    const auto state = io::state_of(list_);
    const bool is_ours = state && sealed && state->modified_ns == *sealed;
    tree_.written_as(is_ours ? state : std::nullopt);
}

void edit_snapshot_list(const boost::filesystem::path& vmx, const vm::Settings& settings,
                        Progress& waiting, const SnapshotListChange::Change& change) {
    const SnapshotHold hold{vmx, waiting};
    SnapshotListChange edit{vmx, waiting, change};
    edit.commit(settings.durability);
}

void note_lost_snapshots(const vm::Machine& machine, const std::vector<std::string>& names,
                         Progress& progress) {
    std::vector<std::string> listed;
    for (const vm::Snapshot& snapshot : machine.snapshots().snapshots()) {
        listed.push_back(boost::filesystem::path{snapshot.state_file.name}.filename().string());
    }
    std::string lost;
    for (const auto& state : vm::unlisted_states(machine.path(), names, listed)) {
        lost += (lost.empty() ? "" : ", ") + state.filename().string();
    }
    if (lost.empty()) return;
    progress.note(machine.snapshot_list_path().string() +
                  " does not list the snapshots of these files, so they are kept: " + lost);
}

}  // namespace vix::ops
