// All disk files that a virtual machine stands on, as a tree: the chains of its present disks and
// of its snapshots' disks, each file once.
#pragma once

#include <boost/filesystem/path.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "vm/census.h"
#include "vm/config.h"
#include "vm/disk.h"
#include "vm/snapshot_tree.h"

namespace vix::ops {

class DiskFamily {
  public:
    using Id = io::FileIdentity;

    struct Member {
        vm::DiskLink link;
        std::optional<Id> parent;
    };

    enum class Unreadable { Refuse, Skip };

    // Errors as vm::open_disk(); a disk that is missing is VIX_E_FILE_NOT_FOUND. Chains may be
    // longer than those that can be made. Skip: of a chain that breaks what can be reached.
    DiskFamily(const vm::Config& machine, const vm::SnapshotTree& tree,
               const vm::Settings& settings, Unreadable unreadable = Unreadable::Refuse);

    const std::map<Id, Member>& members() const { return members_; }
    // No disk is missing among the members for another reason than that the first of its chain is
    // gone: what cannot be looked at, or is broken, may yet be needed.
    bool is_complete() const { return complete_; }
    std::vector<Id> children(const Id& id) const;
    // By what the path leads to, however it is spelled.
    std::optional<Id> find(const boost::filesystem::path& path) const;

    // The configuration attaches it.
    bool is_present(const Id& id) const { return present_.contains(id); }
    // A snapshot's state is in it.
    bool is_frozen(const Id& id) const { return frozen_.contains(id); }

    // Only these are ever changed or deleted: what lies in the machine's folder, deltas that its
    // snapshots made beside a disk elsewhere, and what was adopted.
    bool is_own(const Id& id) const;
    // Something else needs the disk: see vm/census.h. Also true if that is unknown.
    bool is_shared(const Id& id) const { return is_shared(members_.at(id).link); }
    bool is_shared(const vm::DiskLink& link) const { return others().contains(link.path); }

    // What others need of the folders that the machine's files lie in. Found out once, when it is
    // first asked for. A family that is read again after a change of its own takes it over from
    // the one before: what others need has not changed, and counting takes time.
    const vm::Needs& others() const;
    void take_over_others(const DiskFamily& before) {
        before.others();
        others_ = before.others_;
    }

    // Disks elsewhere that a snapshot named which is no longer listed: still the machine's own.
    void adopt(const std::set<boost::filesystem::path>& disks) { adopted_ = disks; }
    // What the machine or a snapshot names itself.
    std::set<boost::filesystem::path> named() const;

    // The chain from a member to its base, as a disk.
    vm::Disk disk(const Id& id) const;

  private:
    void add_chain(const vm::NamedFile& file, const vm::Config& machine, Unreadable unreadable,
                   std::set<Id>& tops);
    vm::Needs count_others() const;

    vm::Config machine_;
    boost::filesystem::path folder_;
    const vm::Settings& settings_;
    std::map<Id, Member> members_;
    bool complete_ = true;
    std::set<Id> present_;
    std::set<Id> frozen_;
    std::set<boost::filesystem::path> adopted_;
    std::vector<vm::NamedFile> states_;  // that its list and its .vmx name
    mutable std::shared_ptr<const vm::Needs> others_;
};

}  // namespace vix::ops
