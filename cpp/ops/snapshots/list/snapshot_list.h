// Changes only the snapshot list: the records that link parents and linked clones.
#pragma once

#include <boost/filesystem/path.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/progress.h"
#include "io/files/replacement.h"
#include "ops/machine/machine_lock.h"
#include "vm/machine/machine.h"

namespace vix::ops {

// One change of the .vmsd of a machine that may be running, or that others may be cloning. No other
// call of this library changes the list from the read to commit(). If another program does, the
// change is made again, to what that program wrote. The caller must hold a SnapshotHold or
// MachineLock on the machine.
class SnapshotListChange {
  public:
    using Change = std::function<bool(vm::SnapshotTree&)>;

    // Writes nothing if `change` returns false; commit() may call it again. `known` is the list as
    // the caller read it before, or that of KeptLists; an unchanged file is not parsed again.
    SnapshotListChange(const boost::filesystem::path& vmx, vm::Durability durability,
                       Progress& waiting, Change change, vm::SnapshotTree known);

    // Replaces the list and, if Synced, waits for the disk. Call it once. Throws
    // VIX_E_FILE_ALREADY_LOCKED if another program changes the list again and again.
    void commit();

  private:
    void prepare(vm::SnapshotTree known);
    void write();
    std::optional<std::int64_t> complete();
    std::optional<vm::ListFiles> files_now(std::int64_t sealed) const;

    ListHold hold_;
    boost::filesystem::path vmx_;
    boost::filesystem::path list_;
    vm::Durability durability_;
    Change change_;
    std::optional<io::FileState> read_;  // the list's file, if the host knows its state exactly
    vm::SnapshotTree tree_;
    std::optional<io::Replacement> replacement_;
    std::optional<io::FileState> replaced_;  // the list before, if two files take turns
};

// Makes the whole change with its own SnapshotHold.
void edit_snapshot_list(const boost::filesystem::path& vmx, const vm::Settings& settings,
                        Progress& waiting, const SnapshotListChange::Change& change);

// Notes for the caller the snapshot states next to the .vmx that the list does not name: the list
// was lost, or an older one was restored. The files stay. `names`: all entries of the folder.
void note_lost_snapshots(const vm::Machine& machine, const std::vector<std::string>& names,
                         Progress& progress);

}  // namespace vix::ops
