// Changing the list of snapshots alone: the ties between parents and linked clones.
#pragma once

#include <boost/filesystem/path.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "io/folder_guard.h"
#include "io/replacement.h"
#include "vm/settings.h"
#include "vm/snapshot_tree.h"

namespace vix::ops {

// A change of the .vmsd of a machine that may be running, or be cloned by others at the same time:
// from reading the list to commit() nobody else of ours changes it. Only for the holder of a
// SnapshotHold or MachineLock on the machine.
class SnapshotListChange {
  public:
    using Change = std::function<bool(vm::SnapshotTree&)>;

    // Nothing is to be written when `change` says false. `known` is what the caller has read of the
    // list before, which spares reading it again where it is still the same.
    SnapshotListChange(const boost::filesystem::path& vmx, Progress& waiting, const Change& change,
                       vm::SnapshotTree known = {});

    // Puts the new list in place of the old one, with what waiting for the disk that takes.
    void commit(vm::Durability durability);

  private:
    io::FolderGuard guard_;
    std::optional<io::Replacement> replacement_;
};

// The whole of it, with a hold of its own.
void edit_snapshot_list(const boost::filesystem::path& vmx, const vm::Settings& settings,
                        Progress& waiting, const SnapshotListChange::Change& change);

// Reports to the caller the snapshots whose states lie beside the .vmx though the list does not
// name them: the list was lost, or an older one put in its place. Their files stay. `names`: all
// that lies in the folder.
void note_lost_snapshots(const boost::filesystem::path& vmx, const vm::SnapshotTree& tree,
                         const std::vector<std::string>& names, Progress& progress);

}  // namespace vix::ops
