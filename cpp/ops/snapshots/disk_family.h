// All disk files that a machine depends on, as a tree: the chains of its current disks and of its
// snapshots' disks, each file once. Reads descriptors only and changes nothing.
#pragma once

#include <boost/filesystem/path.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "io/files/real_path.h"
#include "vm/disks/disk.h"
#include "vm/machine/machine.h"
#include "vm/snapshots/census.h"
#include "vm/snapshots/snapshot_tree.h"

namespace vix::ops {

class DiskFamily {
  public:
    using Id = io::FileIdentity;

    struct Member {
        vm::DiskLink link;
        std::optional<Id> parent;
    };

    enum class Unreadable { Refuse, Skip };

    // Throws as vm::open_disk(), and VIX_E_FILE_NOT_FOUND for a missing disk. Accepts chains longer
    // than this library makes. With Skip, a broken chain contributes the links that can be reached.
    DiskFamily(const vm::Machine& machine, const vm::SnapshotTree& tree,
               Unreadable unreadable = Unreadable::Refuse);
    DiskFamily(vm::Machine&&, const vm::SnapshotTree&,
               Unreadable = {}) = delete;  // must outlive it

    const std::map<Id, Member>& members() const { return members_; }
    // True if every disk could be read, except chains whose top file no longer exists. If false, a
    // disk that cannot be read or is broken may still be needed.
    bool is_complete() const { return complete_; }
    const std::vector<Id>& children(const Id& id) const;
    // Compares the file that the path leads to, so any spelling finds it.
    std::optional<Id> find(const boost::filesystem::path& path) const;

    // True if the configuration attaches the disk.
    bool is_present(const Id& id) const { return present_.contains(id); }
    // True if a snapshot records the disk.
    bool is_frozen(const Id& id) const { return frozen_.contains(id); }

    // True for the only disks that may be changed or deleted: disks in the machine's folder, deltas
    // that its snapshots made next to a disk elsewhere, and adopted disks.
    bool is_own(const Id& id) const;
    // True if something else needs the disk (see vm/snapshots/census.h), or if that is unknown.
    bool is_shared(const Id& id) const { return is_shared(members_.at(id).link); }
    bool is_shared(const vm::DiskLink& link) const { return others().contains(link.path); }

    // Returns what others need in the folders of the machine's files. The first call counts it,
    // which takes time. A family that is read again after this call's own change takes the result
    // from the earlier one: that change does not affect what others need.
    const vm::Needs& others() const;
    void take_over_others(const DiskFamily& before) {
        before.others();
        others_ = before.others_;
    }

    // Call it when the child has been merged with its parent, whose only child it was: reads what
    // is at the child's path now. So a long chain need not be read again for each of its merges.
    void follow_merge(const Id& child);

    // Adds disks elsewhere that a removed snapshot named: they still belong to the machine.
    void adopt(const std::set<boost::filesystem::path>& disks) { adopted_ = disks; }
    // Disks that the machine or a snapshot names directly.
    std::set<boost::filesystem::path> named() const;

    // Returns the chain from a member to its base disk.
    vm::Disk disk(const Id& id) const;

  private:
    void add_chain(const vm::NamedFile& file, Unreadable unreadable, std::set<Id>& tops);
    vm::Needs count_others() const;

    const vm::Machine& machine_;
    boost::filesystem::path folder_;
    mutable io::RealFolders real_;
    std::map<Id, Member> members_;
    std::map<Id, std::vector<Id>> children_;  // of those that have any
    bool complete_ = true;
    std::set<Id> present_;
    std::set<Id> frozen_;
    std::set<boost::filesystem::path> adopted_;
    std::vector<vm::NamedFile> states_;  // snapshot and suspend states that the machine names
    mutable std::shared_ptr<const vm::Needs> others_;
};

}  // namespace vix::ops
