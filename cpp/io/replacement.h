// New content for a file, ready to take its place at once: whoever opens the file finds the old or
// the new, also after a crash.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string_view>

#include "io/file.h"

namespace vix::io {

inline constexpr unsigned kNewPermissions = 0666;

class Replacement {
  public:
    // Writes the content beside the file, unsynced. A file that is there keeps its permissions, a
    // new one gets those given, less what the umask takes away.
    Replacement(const fs::path& path, std::string_view content,
                unsigned permissions = kNewPermissions);
    // Gone again unless commit() was called.
    ~Replacement();
    Replacement(const Replacement&) = delete;
    Replacement& operator=(const Replacement&) = delete;

    // What to sync before commit().
    const fs::path& fresh() const { return fresh_; }

    // Synced: the change has reached the disk when it returns.
    void commit(Durability durability);

  private:
    fs::path path_;
    fs::path fresh_;
    bool committed_ = false;
};

// All of it, for a file by itself.
void replace_file(const fs::path& path, std::string_view content, Durability durability,
                  unsigned permissions = kNewPermissions);

}  // namespace vix::io
