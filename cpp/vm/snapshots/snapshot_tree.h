// The snapshots of a machine and the links between parents and linked clones, as the .vmsd records
// them. Editing changes only the value; the caller writes the file. Text that is not understood is
// kept.
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "format/dictionary.h"
#include "io/files/file_state.h"
#include "io/files/replacement.h"
#include "vm/disks/disk_files.h"
#include "vm/snapshots/snapshot_keys.h"

namespace vix::vm {

inline constexpr int kNoSnapshot = 0;

struct SnapshotDisk {
    std::string node;  // "scsi0:0"
    NamedFile file;    // the current disk when the snapshot was taken
};

// A linked clone that a snapshot waits for before it is removed. See ops/snapshots/later_removal.h.
struct AwaitedClone {
    std::string vmx;          // as recorded in Snapshot::clones
    std::string file_system;  // of io::file_system_of(); empty: it did not exist any more

    friend bool operator==(const AwaitedClone&, const AwaitedClone&) = default;
};

struct Snapshot {
    int uid = kNoSnapshot;
    int parent = kNoSnapshot;  // uid; kNoSnapshot for a root
    std::string display_name;
    std::string description;
    NamedFile state_file;         // its snapshot state
    bool with_memory = false;     // taken while running
    std::int64_t created_us = 0;  // microseconds since 1970, UTC
    std::vector<SnapshotDisk> disks;
    std::vector<std::string> clones;    // .vmx of the linked clones that depend on it, as recorded
    std::vector<AwaitedClone> awaited;  // not empty: it is removed when these are deleted
};

// The files of a list as this process left them: see io/files/replacement.h.
struct ListFiles {
    io::FileState list;  // sealed
    std::optional<io::Former> former;
};

class SnapshotTree {
  public:
    // A larger file is no list of snapshots.
    static constexpr std::uint64_t kMostBytes = std::uint64_t{64} << 20;

    // A missing file is a tree without snapshots. Throws VIX_E_SNAPSHOT_CONFIG for a text that is
    // not understood (with its line), two snapshots with one uid, a cycle of parents, and more
    // snapshots than any machine has.
    static SnapshotTree read(const boost::filesystem::path& vmsd);
    // The same for a caller that has read the file before: an unchanged file returns `known`. It is
    // not read if written_as() was called, else its bytes are compared. `known` must not have been
    // edited since, or settle() was called and its bytes written.
    static SnapshotTree read(const boost::filesystem::path& vmsd, SnapshotTree known);
    static SnapshotTree parse(std::string_view bytes, const std::string& where);
    std::string to_bytes() const { return dictionary_.to_bytes(); }
    // Returns to_bytes(), for a caller that writes them and keeps the tree.
    const std::string& settle();
    // As Dictionary::settled_parts().
    const std::optional<std::vector<TextPart>>& settled_parts() const {
        return dictionary_.settled_parts();
    }
    // The files with the bytes of settle(), if they are known.
    void written_as(std::optional<ListFiles> files) { files_ = std::move(files); }
    // Those of written_as(). Nothing if read() found another file, or after settle().
    const std::optional<ListFiles>& files() const { return files_; }

    const std::vector<Snapshot>& snapshots() const& { return snapshots_; }
    // Of a temporary by value, because a loop over its snapshots outlives it.
    std::vector<Snapshot> snapshots() && { return std::move(snapshots_); }
    const Snapshot* find(int uid) const;
    // Throws VIX_E_SNAPSHOT_NOTFOUND if there is none; the detail names the machine at `vmx`.
    const Snapshot& require(int uid, const boost::filesystem::path& vmx) const;
    int current() const { return current_; }  // uid; kNoSnapshot if none
    // Throws VIX_E_SNAPSHOT_MAXSNAPSHOTS if the tree is full.
    int next_uid() const;
    std::vector<int> roots() const { return children(kNoSnapshot); }
    std::vector<int> children(int uid) const;
    // The snapshot and all its descendants, children before their parents.
    std::vector<int> subtree(int uid) const;

    // The .vmx that a linked clone was made from.
    std::vector<std::string> clone_of() const { return clone_of_; }

    // Adds a snapshot as a child of the current one and makes it current.
    void add(const Snapshot& snapshot);
    // Their children, and the current state, move up to the nearest parent that stays.
    void remove(const std::vector<int>& uids);
    void remove(int uid) { remove(std::vector{uid}); }
    void set_current(int uid);

    // Marks the snapshot, in keys of our own.
    void set_awaited(int uid, const std::vector<AwaitedClone>& clones);

    void add_clone(int uid, const std::string& vmx);
    // Removes the record of the clone from whichever snapshot has it; its last record may take the
    // place. Returns false if none has it.
    bool remove_clone(const std::string& vmx);

    // Turns this into the .vmsd of a linked clone.
    void set_clone_of(const std::string& parent_vmx, const std::vector<std::string>& own_disks);

    // A linked clone's own disks whose parents belong to another machine. VMware stops deleting
    // there.
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
    std::size_t position_of(int uid) const { return positions_.at(uid); }
    void take_out(const std::set<int>& uids);
    void write_snapshot(std::size_t index, const Snapshot& snapshot);
    bool put_last_clone_at(std::size_t place, std::size_t index, std::vector<std::string>& clones);
    void remove_clone_keys(std::size_t index, const std::string& vmx);
    void write_clone_count(std::size_t index, std::size_t count);
    void remove_keys(const std::set<std::size_t>& indices);
    void remove_lost_parents();
    void close_gaps();
    void write_most_recent(int uid);
    void write_count();
    bool is_recorded(const Snapshot& snapshot, const std::string& vmx);

    format::Dictionary dictionary_;
    std::vector<Snapshot> snapshots_;                 // in the order of their index
    std::vector<std::size_t> indices_;                // the index of each in the file
    std::unordered_map<int, std::size_t> positions_;  // uid -> position in snapshots_
    // Of the names of all clones, and perhaps of removed ones; filled when the first one is added.
    std::unordered_set<std::size_t> clone_hashes_;
    int current_ = kNoSnapshot;
    std::vector<std::string> clone_of_;
    std::vector<std::string> sentinels_;
    std::optional<ListFiles> files_;
};

// Returns `<name>.vmsd` next to the .vmx, or an existing file whose name differs only in case: on
// Windows they are the same.
boost::filesystem::path snapshot_list_path(const boost::filesystem::path& vmx);

}  // namespace vix::vm
