// What an operation that changes a virtual machine begins with: the machine is off, and nobody else
// changes or runs it meanwhile.
#pragma once

#include <boost/filesystem/path.hpp>
#include <chrono>

#include "base/progress.h"
#include "io/folder_guard.h"
#include "io/lock.h"
#include "vm/config.h"
#include "vm/settings.h"

namespace vix::ops {

// VIX_E_VM_IS_RUNNING, naming the holder of the lock, when the machine runs.
void refuse_running(const vm::Config& machine, const vm::Settings& settings);

// VIX_E_NEED_KEY for an encrypted machine.
void refuse_encrypted(const vm::Config& machine);

// How long an operation waits for others of ours that are at work on the same machine.
inline constexpr std::chrono::seconds kPatience{30};

// Keeps the machine's snapshots from being taken or removed, by any call of ours. Shared by those
// who only need them to stay; they and MachineLock exclude each other.
class SnapshotHold {
  public:
    SnapshotHold(const boost::filesystem::path& vmx, Progress& waiting);

  private:
    io::FolderGuard guard_;
};

// Locks the machine and its snapshots for changes, in VMware's form and against others of ours.
// Waits for those who are just cloning or changing it; VIX_E_FILE_ALREADY_LOCKED when they take
// longer than `patience`, VIX_E_CANCELLED when the one who waits is cancelled. What an earlier call
// left that died is gone once it is held.
class MachineLock {
  public:
    MachineLock(const boost::filesystem::path& vmx, const vm::Settings& settings, Progress& waiting,
                std::chrono::milliseconds patience = kPatience);

  private:
    io::Lock machine_;
    io::FolderGuard snapshots_;
};

// For calls that need no MachineLock: tidies up all the same, if that can be done without waiting
// for long and anything has to be.
void tidy_up_if_free(const boost::filesystem::path& vmx, const vm::Settings& settings) noexcept;

}  // namespace vix::ops
