// Keeps processes and threads of this library apart that work on one folder: a kernel lock on the
// folder itself, which leaves nothing behind and costs no file. Other products do not know it.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>

#include "io/lock.h"

namespace vix::io {

class FolderGuard {
  public:
    // Waits for as long as `patience` says; VIX_E_FILE_ALREADY_LOCKED then. On a file system
    // without such locks a lock folder beside `fallback` serves.
    FolderGuard(const boost::filesystem::path& file_or_folder, LockKind kind,
                const Patience& patience, const boost::filesystem::path& fallback);
    ~FolderGuard();
    FolderGuard(const FolderGuard&) = delete;
    FolderGuard& operator=(const FolderGuard&) = delete;

  private:
    explicit FolderGuard(const boost::filesystem::path& file_or_folder);

    int descriptor_ = -1;
    std::optional<Lock> fallback_;
};

}  // namespace vix::io
