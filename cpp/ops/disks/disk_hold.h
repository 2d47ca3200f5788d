// Holds a disk for a call that reads or changes it by itself, without its machine. Destructors
// release the locks.
#pragma once

#include <boost/filesystem/path.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "base/progress.h"
#include "io/locks/folder_guard.h"
#include "io/locks/lock.h"
#include "ops/machine/machine_lock.h"
#include "vm/disks/disk.h"
#include "vm/machine/settings.h"
#include "vm/snapshots/census.h"

namespace vix::ops {

// The folder of a file whose path may be its name alone.
boost::filesystem::path folder_of(const boost::filesystem::path& file);

// A disk file and the machines, besides those in its folder, that may use it.
struct DiskAt {
    boost::filesystem::path path;
    std::vector<boost::filesystem::path> machines;  // the registered ones
    vm::Settings settings;
    std::chrono::milliseconds patience = kPatience;  // with calls that hold the disk
};

// The machines that name the disk, also for a detached device.
std::vector<boost::filesystem::path> machines_that_name(const DiskAt& disk);

// Keeps a chain as it is while it is read. Throws VIX_E_FILE_ALREADY_LOCKED while a machine runs
// with the disk. A folder that cannot be written cannot be locked in VMware's form; then nobody
// there takes the disk into use, and the call goes on.
class DiskReadHold {
  public:
    DiskReadHold(const boost::filesystem::path& disk, const vm::Settings& settings,
                 Progress& waiting);

    const vm::Disk& disk() const { return disk_; }

  private:
    std::vector<std::unique_ptr<io::FolderGuard>> guards_;
    std::optional<ReadHold> lock_;
    vm::Disk disk_;
};

// Holds a disk that will be changed, and the machine that has it, if there is one. While it is held
// no machine runs with the disk and nothing else depends on it. Throws:
// - VIX_E_VM_IS_RUNNING, VIX_E_FILE_ALREADY_LOCKED: the disk is in use.
// - VIX_E_DISK_PARTIALCHAIN: a snapshot, a suspended machine or another disk needs the disk. The
//   detail names it.
// - VIX_E_NEED_KEY: its machine is encrypted.
// - the errors of vm::read_link(); those of the census if it is incomplete.
class DiskChangeHold {
  public:
    // `twin`: a descriptor that may have the same extents, because the caller made it.
    DiskChangeHold(const DiskAt& disk, Progress& waiting,
                   const std::optional<io::FileIdentity>& twin = std::nullopt);

    const vm::DiskLink& link() const { return link_; }
    // The .vmx that names the disk; nothing if no machine does.
    const std::optional<boost::filesystem::path>& machine() const { return vmx_; }
    // Folders to search for the disk's parents.
    const std::vector<boost::filesystem::path>& search() const { return search_; }

    // True if something besides this disk needs the file, or if that is unknown.
    bool is_needed(const boost::filesystem::path& file) const { return needs_->contains(file); }

  private:
    void refuse_needed() const;
    void refuse_frozen() const;

    DiskAt disk_;
    std::optional<boost::filesystem::path> vmx_;
    std::optional<MachineLock> machine_lock_;
    std::optional<io::FolderGuard> guard_;
    std::optional<io::Lock> lock_;
    vm::DiskLink link_;
    std::vector<boost::filesystem::path> search_;
    std::optional<vm::Needs> needs_;
};

}  // namespace vix::ops
