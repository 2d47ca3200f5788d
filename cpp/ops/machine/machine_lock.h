// Locks a machine for a call that changes it. While the lock is held the machine is off, and nobody
// else runs or changes it. Destructors release the locks.
#pragma once

#include <boost/filesystem/path.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "base/progress.h"
#include "io/locks/folder_guard.h"
#include "io/locks/lock.h"
#include "vm/machine/machine.h"

namespace vix::ops {

// Throws VIX_E_VM_IS_RUNNING with the holder of the lock if the machine runs.
void refuse_running(const vm::Machine& machine);

// Throws VIX_E_NEED_KEY if the machine is encrypted as a whole.
void refuse_fully_encrypted(const vm::Config& machine);
// The same, and for one that is encrypted for its TPM alone. `why_partial` completes the detail:
// why the call is refused although the disks and the .vmx can be read.
void refuse_encrypted(const vm::Config& machine, const std::string& why_partial);
inline constexpr const char* kStateNeedsKey =
    "a snapshot holds the state of its TPM, which must be encrypted, and this library cannot do "
    "that. Make a full clone instead";

// How long a call waits for other calls of this library on the same machine.
inline constexpr std::chrono::seconds kPatience{30};

// Prevents every call of this library from taking or removing snapshots of the machine. Callers
// that only need the snapshots to stay share it. It and MachineLock exclude each other.
class SnapshotHold {
  public:
    SnapshotHold(const boost::filesystem::path& vmx, Progress& waiting,
                 std::chrono::milliseconds patience = kPatience);

  private:
    io::FolderGuard guard_;
};

// Prevents other calls of this library that share a SnapshotHold from changing the snapshot list.
// The SnapshotHold guards the folder, so this guards the .vmx, which is replaced only under a
// MachineLock.
class ListHold {
  public:
    ListHold(const boost::filesystem::path& vmx, Progress& waiting,
             std::chrono::milliseconds patience = kPatience);

  private:
    io::FolderGuard guard_;
};

// Keeps the file of a machine, or a disk, from being run or changed by others while it is read:
// shares the lock on it in VMware's form. A folder that cannot be written (permissions, a full or
// read-only file system) cannot be locked; then the reader goes on without the lock. Throws
// VIX_E_FILE_ALREADY_LOCKED, and VIX_E_CANCELLED if the caller is cancelled while it waits.
class ReadHold {
  public:
    ReadHold(const boost::filesystem::path& file, Progress& waiting);

  private:
    std::optional<io::Lock> lock_;
};

// Locks the machine and its snapshots for changes, in VMware's form and against other calls of this
// library. Waits for calls that clone or change the machine. Throws VIX_E_FILE_ALREADY_LOCKED if
// they take longer than `patience`, and VIX_E_CANCELLED if the caller is cancelled while it waits.
// The constructor recovers what a crashed call left.
class MachineLock {
  public:
    MachineLock(const boost::filesystem::path& vmx, const vm::Settings& settings, Progress& waiting,
                std::chrono::milliseconds patience = kPatience);
    // The same for a machine that the caller has opened.
    MachineLock(vm::Machine machine, Progress& waiting,
                std::chrono::milliseconds patience = kPatience);

    // The machine as it is under the lock.
    const vm::Machine& machine() const { return machine_; }

  private:
    vm::Machine machine_;
    io::Lock lock_;
    io::FolderGuard snapshots_;
};

// Recovers for calls that need no MachineLock, if there is something to recover and the lock is
// free after a short wait.
void tidy_up_if_free(const boost::filesystem::path& vmx, const vm::Settings& settings) noexcept;

}  // namespace vix::ops
