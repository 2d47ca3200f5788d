// Determines who needs which file in a set of folders. Every call that deletes, merges or renames a
// machine's file asks here first.
// A disk is needed by:
// - a machine that names it, even for a detached device or in a .vmx or .vmsd that cannot be parsed
//   completely,
// - a state (.vmsn, .vmss) that names it,
// - every disk that has it as its parent or extent, whether or not anything names that disk.
// A file that cannot be read counts as needing every file. Throws only errors for which
// is_exhaustion() is true.
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "io/files/file.h"
#include "io/files/real_path.h"
#include "vm/disks/disk_files.h"
#include "vm/machine/settings.h"

namespace vix::vm {

// The files that somebody other than the caller needs.
class Needs {
  public:
    // Returns true also if it is unknown who needs the file.
    bool contains(const boost::filesystem::path& file) const;

    // Returns the path of the .vmx, snapshot list, state or disk that needs the file; nothing if
    // none does.
    std::optional<boost::filesystem::path> who_needs(const boost::filesystem::path& file) const;

    // The error that made the census incomplete, if any.
    const std::optional<Error>& unseen() const { return unseen_; }

  private:
    friend class Census;
    using Path = boost::filesystem::path;

    void add(const Path& file, const Path& who);

    // Keyed by identity and by path: a descriptor stays needed when a new file replaces it.
    std::map<io::FileIdentity, Path> by_identity_;
    std::map<Path, Path> by_place_;
    mutable io::RealFolders folders_;  // of by_place_
    std::optional<Error> unseen_;
};

// Returns the bare names of the disks that other machines and snapshot lists in the folder of `vmx`
// refer to, including disks that do not exist now. A new disk must not take any of them. `names`:
// all entries of that folder.
std::vector<std::string> disk_names_of_others(const boost::filesystem::path& vmx,
                                              const std::vector<std::string>& names);

class Census {
  public:
    using Id = io::FileIdentity;

    // The references of the machine at `vmx` do not count: its .vmx, its snapshot list and the
    // files in `own_states` are the caller's responsibility.
    Census(const boost::filesystem::path& vmx,
           const std::vector<boost::filesystem::path>& own_states, const Settings& settings);

    // Adds every file in the folder. A folder that does not exist counts as empty.
    void add_folder(const boost::filesystem::path& folder);

    // Returns what is needed, not counting the needs of the disks in `own`: these are also the
    // caller's responsibility.
    Needs needs_beside(const std::set<Id>& own) const;

  private:
    using Path = boost::filesystem::path;

    // The parent and the extents that a disk's descriptor names.
    struct Lineage {
        Path path;
        std::optional<std::uint32_t> cid;
        std::string parent_hint;  // empty: a base disk
        std::string parent_hint_bytes;
        std::optional<std::uint32_t> parent_cid;
        std::vector<Path> extents;  // files other than the descriptor's own
    };
    struct Disk {
        Lineage lineage;
        bool scanned = false;  // in one of the folders; the others are parents of such disks
        std::vector<Id> parents;
    };

    // `names`: all entries of the file's folder.
    void add_file(const Path& file, const std::string& extension,
                  const std::vector<std::string>& names);
    void add_state(const Path& state);
    void add_text(const Path& who, const std::string& bytes);
    void add_companions(const Path& vmx, const std::vector<std::string>& names);
    void add_broken_text(const Path& who, const std::string& bytes);
    void add_name(const NamedFile& name, const Path& who);
    Disk* learn_disk(const Path& path);
    void trace_disks();
    std::vector<Path> parents_of(const Lineage& lineage);
    bool is_askers(const Path& file) const;
    // Runs a step that reads files. Stores an error that leaves needs unknown, rethrows exhaustion,
    // and ignores other errors.
    template <typename Read>
    void look(Read read);

    std::optional<Path> plain_file(const Path& path);

    const Settings& settings_;
    mutable io::RealFolders real_;
    std::set<Id> askers_;
    std::set<Path> folders_;
    std::vector<Path> search_;  // more folders to search for parents
    std::map<Id, Disk> disks_;
    std::vector<Id> to_trace_;          // disks whose parents are not known yet
    std::map<Path, Path> named_;        // file -> who names it
    std::map<Path, Error> unreadable_;  // disks that cannot be read; harmless if they are extents
    std::optional<Error> unseen_;
};

}  // namespace vix::vm
