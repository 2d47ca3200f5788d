// A guard: a kernel lock on a folder that keeps this library's processes and threads apart. It
// leaves nothing behind and needs no file. Other products do not respect it.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>

#include "io/files/file_descriptor.h"
#include "io/locks/lock.h"

namespace vix::io {

class FolderGuard {
  public:
    // Waits as long as `patience` allows, then throws VIX_E_FILE_ALREADY_LOCKED. On a file system
    // without flock() it takes a Lock on `fallback` instead.
    FolderGuard(const boost::filesystem::path& file_or_folder, LockKind kind,
                const Patience& patience, const boost::filesystem::path& fallback);
    ~FolderGuard();
    FolderGuard(const FolderGuard&) = delete;
    FolderGuard& operator=(const FolderGuard&) = delete;

  private:
    explicit FolderGuard(const boost::filesystem::path& file_or_folder);

    Descriptor descriptor_;
    std::optional<Lock> fallback_;
};

}  // namespace vix::io
