// New content for a file, ready to take its place at once: whoever opens the file finds the old or
// the new, also after a crash.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "io/file.h"

namespace vix::io {

inline constexpr unsigned kNewPermissions = 0666;

// Where the new content of a file is until it takes its place, and the old until it is not needed.
fs::path fresh_name(const fs::path& path);
fs::path old_name(const fs::path& path);

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

// A replacement of a file that was there, with a way back: unless keep() is called it is the old
// file itself that comes back, which needs no room on a full disk.
class UndoableReplacement {
  public:
    UndoableReplacement(const fs::path& path, std::string_view content)
        : path_{path}, replacement_{path, content} {}
    ~UndoableReplacement();
    UndoableReplacement(const UndoableReplacement&) = delete;
    UndoableReplacement& operator=(const UndoableReplacement&) = delete;

    const fs::path& fresh() const { return replacement_.fresh(); }
    void commit(Durability durability);
    void keep() noexcept;

  private:
    void save_old();
    void put_back() noexcept;

    fs::path path_;
    Replacement replacement_;
    std::optional<std::string> old_text_;  // where the file system has no hard links
    Durability durability_ = Durability::Unsynced;
    enum class State { Prepared, Saved, Replaced, Kept } state_ = State::Prepared;
};

// All of it, for a file by itself.
void replace_file(const fs::path& path, std::string_view content, Durability durability,
                  unsigned permissions = kNewPermissions);

}  // namespace vix::io
