// All disk files that a virtual machine stands on, as a tree: the chains of its present disks and
// of its snapshots' disks, each file once.
#pragma once

#include <boost/filesystem/path.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

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

    // Errors as vm::open_disk(); a disk that is missing is VIX_E_FILE_NOT_FOUND. Skip: chains that
    // cannot be read are left out.
    DiskFamily(const vm::Config& machine, const vm::SnapshotTree& tree,
               const vm::Settings& settings, Unreadable unreadable = Unreadable::Refuse);

    const std::map<Id, Member>& members() const { return members_; }
    std::vector<Id> children(const Id& id) const;
    std::optional<Id> find(const boost::filesystem::path& path) const;

    // The configuration attaches it.
    bool is_present(const Id& id) const { return present_.contains(id); }
    // A snapshot's state is in it.
    bool is_frozen(const Id& id) const { return frozen_.contains(id); }
    // Only what lies in the machine's folder is ever changed or deleted, and deltas that its
    // snapshots made beside a disk elsewhere.
    bool is_own(const Id& id) const;

    // The chain from a member to its base, as a disk.
    vm::Disk disk(const Id& id) const;

  private:
    void add_chain(const vm::NamedFile& file, const vm::Config& machine,
                   const vm::Settings& settings, Unreadable unreadable, std::set<Id>& tops);

    boost::filesystem::path folder_;
    std::map<Id, Member> members_;
    std::set<Id> present_;
    std::set<Id> frozen_;
};

// The files of one link: its descriptor and its extents.
std::vector<boost::filesystem::path> files_of(const vm::DiskLink& link,
                                              const vm::Settings& settings);

}  // namespace vix::ops
