// New, empty disks on top of others: what a machine writes to once a snapshot has frozen its disks.
#pragma once

#include <boost/filesystem/path.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/progress.h"
#include "ops/disk_plan.h"
#include "vm/config.h"
#include "vm/settings.h"
#include "vm/snapshot_tree.h"

namespace vix::ops {

// The files of new disks, gone again unless keep() is called.
class ChildDisks {
  public:
    explicit ChildDisks(const vm::Settings& settings) : settings_{settings} {}
    ~ChildDisks();
    ChildDisks(const ChildDisks&) = delete;
    ChildDisks& operator=(const ChildDisks&) = delete;

    // New disks get no name that the machine, its list, or another one in its folder has for a
    // disk, also for one that is not there now. `names`: all that lies there. Call before plan().
    void avoid(const vm::Config& machine, const vm::SnapshotTree& tree,
               const std::vector<std::string>& names);

    // Plans a child of the disk of that device under the next free snapshot name: beside the disk,
    // or where vm::redo_folder() says.
    void plan(const vm::DiskDevice& device, const vm::Config& machine);

    // A file that belongs to them and goes with them.
    void adopt(const boost::filesystem::path& file) { adopted_.push_back(file); }

    // Makes all that are planned, unsynced.
    void build(Progress& progress);

    // Node in lower case -> what the configuration shall name.
    const std::map<std::string, std::string>& names() const { return names_; }
    // Of all that are planned or adopted; and the disks that the planned are children of.
    std::vector<boost::filesystem::path> files() const;
    std::vector<boost::filesystem::path> parents() const;

    // What to sync for them to last: the files and the folders that they lie in.
    std::vector<boost::filesystem::path> to_sync() const;
    void keep() noexcept { made_ = false; }

  private:
    struct Child {
        boost::filesystem::path folder;
        vm::Disk parent;
        DiskPlan plan;
    };

    std::string free_name(const boost::filesystem::path& folder, const std::string& disk_stem);

    const vm::Settings& settings_;
    std::map<std::string, std::string> names_;
    std::vector<std::string> named_;
    std::vector<Child> children_;
    // What is in each folder, and what is planned for it.
    std::map<boost::filesystem::path, std::vector<std::string>> taken_;
    std::vector<boost::filesystem::path> adopted_;
    bool made_ = false;
};

// The same way of naming a file, with another file name at the end.
std::string named_beside(const std::string& name, const std::string& file_name);

}  // namespace vix::ops
