// Makes new, empty child disks: the disks that a machine writes to once a snapshot has frozen its
// current ones. The disks are not synced. Throws the errors of opening the parents and of
// plan_child().
#pragma once

#include <boost/filesystem/path.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/progress.h"
#include "ops/disks/disk_plan.h"
#include "vm/machine/machine.h"

namespace vix::ops {

// The files of new disks. The destructor deletes them unless keep() was called.
class ChildDisks {
  public:
    ChildDisks() = default;
    ~ChildDisks();
    ChildDisks(const ChildDisks&) = delete;
    ChildDisks& operator=(const ChildDisks&) = delete;

    // Reserves every disk name that the machine, its snapshot list or another machine in its folder
    // uses, including disks that do not exist now. `names`: all entries of that folder. Call before
    // plan().
    void avoid(const vm::Config& machine, const vm::SnapshotTree& tree,
               const std::vector<std::string>& names);

    // Plans a child of the device's disk under the next free snapshot name: next to the disk, or in
    // the folder that vm::redo_folder() returns.
    void plan(const vm::DiskDevice& device, const vm::Machine& machine);

    // Plans a child of `parent` that will take the place of the device's disk, next to that disk.
    void plan_instead(const vm::DiskDevice& device, const vm::Machine& machine, vm::Disk parent);

    // Adds a file that belongs to the new disks and is deleted with them.
    void adopt(const boost::filesystem::path& file) { adopted_.push_back(file); }

    // Makes all planned disks, unsynced.
    void build(Progress& progress);

    // Node in lower case -> the name that the configuration must give the disk.
    const std::map<std::string, std::string>& names() const { return names_; }
    // files(): of all planned disks, and the adopted ones. parents(): the parents of the planned
    // disks.
    std::vector<boost::filesystem::path> files() const;
    std::vector<boost::filesystem::path> parents() const;

    // Returns the files to sync, and their folders.
    std::vector<boost::filesystem::path> to_sync() const;
    void keep() noexcept { made_ = false; }

  private:
    struct Child {
        boost::filesystem::path folder;
        vm::Disk parent;
        DiskPlan plan;
    };

    std::string free_name(const boost::filesystem::path& folder, const std::string& disk_stem);

    std::map<std::string, std::string> names_;
    std::vector<std::string> named_;
    std::vector<Child> children_;
    // The names in each folder: existing and planned ones.
    std::map<boost::filesystem::path, std::vector<std::string>> taken_;
    std::vector<boost::filesystem::path> adopted_;
    bool made_ = false;
};

// Returns `name` with its last component replaced by `file_name`.
std::string named_beside(const std::string& name, const std::string& file_name);

}  // namespace vix::ops
