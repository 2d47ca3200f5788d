// Who needs which file: what the machines, states and disks in some folders refer to. Everything
// that deletes, merges or renames a file of a machine asks here first. A disk is needed by a
// machine that names it, also in a line that is switched off or cannot be read to its end, by a
// state (.vmsn, .vmss), and by every disk that has it for a parent or an extent, whether or not
// anything names that disk. What cannot be read counts as needing every file. Throws only
// errors for which is_exhaustion() is true.
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "io/file.h"
#include "vm/disk_files.h"
#include "vm/settings.h"

namespace vix::vm {

// The files that others than the caller need.
class Needs {
  public:
    // Also true if it is unknown.
    bool contains(const boost::filesystem::path& file) const;

    // What needs the file: the path of a .vmx, list, state or disk. Nothing where nothing does.
    std::optional<boost::filesystem::path> who_needs(const boost::filesystem::path& file) const;

    // Why it is unknown what is needed.
    const std::optional<Error>& unseen() const { return unseen_; }

  private:
    friend class Census;
    using Path = boost::filesystem::path;

    void add(const Path& file, const Path& who);

    // By what the file is and by where it is: a descriptor that is replaced stays needed.
    std::map<io::FileIdentity, Path> by_identity_;
    std::map<Path, Path> by_place_;
    std::optional<Error> unseen_;
};

// The names that other machines and lists in the folder of `vmx` have for disks, without folders,
// also of disks that are not there now: no new disk may take one. `names`: all that lies there.
std::vector<std::string> disk_names_of_others(const boost::filesystem::path& vmx,
                                              const std::vector<std::string>& names);

class Census {
  public:
    using Id = io::FileIdentity;

    // What the machine at `vmx` refers to is its caller's matter and does not count here: its .vmx,
    // its list and the files in `own_states`.
    Census(const boost::filesystem::path& vmx,
           const std::vector<boost::filesystem::path>& own_states, const Settings& settings);

    // Counts all that lies in the folder. One that is not there holds nothing.
    void add_folder(const boost::filesystem::path& folder);

    // What is needed beside the disks in `own`, whose needs are the caller's matter, too.
    Needs needs_beside(const std::set<Id>& own) const;

  private:
    using Path = boost::filesystem::path;

    // The parent and extents that a disk's descriptor names.
    struct Lineage {
        Path path;
        std::optional<std::uint32_t> cid;
        std::string parent_hint;  // empty: a base
        std::string parent_hint_bytes;
        std::optional<std::uint32_t> parent_cid;
        std::vector<Path> extents;  // files other than its own
    };
    struct Disk {
        Lineage lineage;
        bool scanned = false;  // it lies in one of the folders; others are only above one that does
        std::vector<Id> parents;
    };

    // `names`: all that lies in the same folder.
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
    // Runs a step that reads, and keeps the error of what it cannot see.
    template <typename Read>
    void look(Read read);

    const Settings& settings_;
    std::set<Id> askers_;
    std::set<Path> folders_;
    std::vector<Path> search_;  // more places for parents
    std::map<Id, Disk> disks_;
    std::vector<Id> to_trace_;    // whose parents are not known yet
    std::map<Path, Path> named_;  // file -> who names it
    std::map<Path, Error>
        unreadable_;  // disks that cannot be read, which matters unless they are extents
    std::optional<Error> unseen_;
};

}  // namespace vix::vm
