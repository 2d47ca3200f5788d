// Replaces a file's content by rename: whoever opens the file finds the old or the new content,
// also after a crash. Only Durability::Synced syncs.
//
// A large text that gains little each time need not be written whole. Two files take turns: the
// former one stays under fresh_name(), is brought up to date there, and is exchanged with the file.
// No file is written while it has the name that others read.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "io/files/file.h"
#include "io/files/file_state.h"

namespace vix::io {

inline constexpr unsigned kNewPermissions = 0666;

// Names of the files with the new content before the rename, and with the old content until it is
// not needed.
fs::path fresh_name(const fs::path& path);
fs::path old_name(const fs::path& path);

// The file that Replacement::exchange() left under fresh_name().
struct Former {
    FileState file;               // sealed
    std::vector<TextPart> stale;  // parts of the next content that it lacks; they may overlap
};

class Replacement {
  public:
    // Writes the content beside the file, unsynced. An existing file keeps its permissions. A new
    // one gets `permissions` minus the umask.
    Replacement(const fs::path& path, std::string_view content,
                unsigned permissions = kNewPermissions);
    // The same for an existing file. Writes only the stale parts of the former one. If another
    // program has changed it or has it open, writes the content whole.
    Replacement(const fs::path& path, std::string_view content, const Former& former);
    // Deletes the new content unless it was put in place.
    ~Replacement();
    Replacement(const Replacement&) = delete;
    Replacement& operator=(const Replacement&) = delete;

    // The file to sync before commit().
    const fs::path& fresh() const { return fresh_; }

    // Renames. With Durability::Synced the rename is on disk when it returns.
    void commit(Durability durability);
    // Exchanges the two files, so that the former one stays under fresh_name(). The caller has
    // synced fresh(), and deletes the former file in the end. Syncs the folder: before that the
    // disk may still have the former file in place, so it must not be written. Commits if the file
    // system cannot exchange.
    void exchange();

  private:
    void write(std::string_view content, unsigned permissions);

    fs::path path_;
    fs::path fresh_;
    bool committed_ = false;
};

// Replaces an existing file and can undo that. Unless keep() is called, the destructor puts the old
// file itself back, which needs no space on a full disk.
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
    std::optional<std::string> old_text_;  // the old content, if the file system has no hard links
    Durability durability_ = Durability::Unsynced;
    enum class State { Prepared, Saved, Replaced, Kept } state_ = State::Prepared;
};

// Writes, syncs (if asked) and commits in one call, for a single file.
void replace_file(const fs::path& path, std::string_view content, Durability durability,
                  unsigned permissions = kNewPermissions);

}  // namespace vix::io
