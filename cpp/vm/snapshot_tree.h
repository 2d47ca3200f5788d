// The snapshots of a virtual machine, as its .vmsd tells them, and the links between parents and
// linked clones that are kept there. Editing changes values only; who writes the file decides when.
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "format/dictionary.h"
#include "vm/disk_files.h"
#include "vm/snapshot_keys.h"

namespace vix::vm {

inline constexpr int kNoSnapshot = 0;

struct SnapshotDisk {
    std::string node;  // "scsi0:0"
    NamedFile file;    // the disk that was current when the snapshot was taken
};

struct Snapshot {
    int uid = kNoSnapshot;
    int parent = kNoSnapshot;  // uid; kNoSnapshot for a root
    std::string display_name;
    std::string description;
    NamedFile state_file;         // its .vmsn
    bool with_memory = false;     // taken while running
    std::int64_t created_us = 0;  // microseconds since 1970, UTC
    std::vector<SnapshotDisk> disks;
    std::vector<std::string> clones;  // .vmx of the linked clones that depend on it, as recorded
};

class SnapshotTree {
  public:
    // No file is a tree without snapshots. Errors: VIX_E_SNAPSHOT_CONFIG for a text that cannot be
    // understood, with its line, for two snapshots with one uid, for parents in a circle, and for
    // more snapshots than any machine has.
    static SnapshotTree read(const boost::filesystem::path& vmsd);
    // The same for who has read it before: reading takes far longer than finding that the file
    // still says the same. `known` must not have been edited since.
    static SnapshotTree read(const boost::filesystem::path& vmsd, SnapshotTree known);
    static SnapshotTree parse(std::string_view bytes, const std::string& where);
    std::string to_bytes() const { return dictionary_.to_bytes(); }

    const std::vector<Snapshot>& snapshots() const { return snapshots_; }
    const Snapshot* find(int uid) const;
    int current() const { return current_; }  // uid; kNoSnapshot: none
    // VIX_E_SNAPSHOT_MAXSNAPSHOTS when no more can be added.
    int next_uid() const;
    std::vector<int> roots() const { return children(kNoSnapshot); }
    std::vector<int> children(int uid) const;
    // The snapshot and all below it, children before their parents.
    std::vector<int> subtree(int uid) const;

    // A linked clone: the .vmx it was cloned from.
    std::vector<std::string> clone_of() const { return clone_of_; }

    // A new snapshot below the current one, which it becomes.
    void add(const Snapshot& snapshot);
    // Its children move up to its parent, and so does the current state.
    void remove(int uid);
    void set_current(int uid);

    void add_clone(int uid, const std::string& vmx);
    // Drops the record of the clone, wherever it is; false when there is none.
    bool remove_clone(const std::string& vmx);

    // Makes this the .vmsd of a linked clone.
    void set_clone_of(const std::string& parent_vmx, const std::vector<std::string>& own_disks);

    // A linked clone's own disks whose parents are others': where VMware stops deleting.
    std::vector<std::string> sentinels() const { return sentinels_; }
    void set_sentinels(const std::vector<std::string>& own_disks);

  private:
    void read_snapshots(const std::string& where);
    void check_parents(const std::string& where) const;
    Snapshot read_snapshot(const SnapshotListText& list, std::size_t index,
                           const SnapshotKeys& keys) const;
    void require_no_files(const SnapshotListText& list, std::size_t index,
                          const SnapshotKeys& keys) const;
    std::string text(std::string_view name) const;
    std::size_t index_of(int uid) const;
    void write_snapshot(std::size_t index, const Snapshot& snapshot);
    void write_clones(std::size_t index, const Snapshot& snapshot);
    void remove_keys(const std::set<std::size_t>& indices);
    void remove_lost_parents();
    void close_gaps();
    void write_most_recent(int uid);
    void write_count();

    format::Dictionary dictionary_;
    std::vector<Snapshot> snapshots_;   // in the order of their index
    std::vector<std::size_t> indices_;  // the index of each in the file
    int current_ = kNoSnapshot;
    std::vector<std::string> clone_of_;
    std::vector<std::string> sentinels_;
};

// `<name>.vmsd` beside the .vmx, in another case where it is called so: on Windows it is the same.
boost::filesystem::path snapshot_list_path(const boost::filesystem::path& vmx);

}  // namespace vix::vm
