// What a linked clone needs of its parent: a snapshot to depend on, a hold on that snapshot, and a
// record in the parent's snapshot list. Destructors undo what was made for a clone that failed.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/progress.h"
#include "ops/machine/machine_lock.h"
#include "vm/machine/machine.h"

namespace vix::ops {

// With the setting clone.reuseSnapshot: returns the current snapshot, if it was taken for an
// earlier linked clone and the parent has not changed since.
std::optional<int> snapshot_to_reuse(const vm::Machine& parent);

// A snapshot of the current state, taken for one clone. It is removed unless keep() was called.
class SnapshotForClone {
  public:
    // `parent` must outlive this object. Throws as create_snapshot().
    SnapshotForClone(const vm::Machine& parent, Progress& progress);
    ~SnapshotForClone();
    SnapshotForClone(const SnapshotForClone&) = delete;
    SnapshotForClone& operator=(const SnapshotForClone&) = delete;

    int uid() const noexcept { return uid_; }
    void keep() noexcept { kept_ = true; }

  private:
    const vm::Machine& parent_;
    int uid_;
    bool kept_ = false;
};

// Stops every call of this library from removing the parent's snapshots. Whatever VMware does to
// the machine in the meantime leaves the disks of its snapshots unchanged. A template on storage
// without locks or write access needs no hold: being a template protects its snapshots.
class ParentHold {
  public:
    ParentHold(const vm::Machine& parent, Progress& waiting);

  private:
    std::optional<SnapshotHold> hold_;
};

// The record of the clone in its parent's snapshot list, written before the clone appears. It must
// live longer than the clone's staging folder, so that it is removed only after the clone's files.
// It also knows how clone and parent name each other's files: by absolute path, or by relative path
// if the setting clone.links says so.
class CloneRecord {
  public:
    // For the clone at `clone`, which will depend on this snapshot. `parent` must outlive this
    // object.
    CloneRecord(vm::Machine& parent, int snapshot, boost::filesystem::path clone);
    ~CloneRecord();
    CloneRecord(const CloneRecord&) = delete;
    CloneRecord& operator=(const CloneRecord&) = delete;

    // How the clone's files name a file of the parent.
    std::string named_by_clone(const boost::filesystem::path& target) const;

    // Throws VIX_E_SNAPSHOT_NOTFOUND, and the error of a list that cannot be written unless the
    // parent is a template.
    void write(Progress& waiting);
    void keep() noexcept { kept_ = true; }
    // For the caller, after write().
    const std::vector<std::string>& notes() const { return notes_; }

  private:
    std::string name_in(const boost::filesystem::path& folder,
                        const boost::filesystem::path& target) const;
    std::string recorded_name() const { return name_in(parent_.folder(), clone_); }
    void note_missing(const Error& error);

    vm::Machine& parent_;
    int snapshot_;
    boost::filesystem::path clone_;
    std::vector<std::string> notes_;
    bool written_ = false;
    bool kept_ = false;
};

}  // namespace vix::ops
