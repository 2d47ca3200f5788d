// A machine that a call has opened: its configuration and its snapshots, and with the settings the
// paths of the files that they name. Reads only. A call that locks the machine reads it anew by
// reread() under the lock.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <vector>

#include "vm/machine/config.h"
#include "vm/machine/settings.h"
#include "vm/snapshots/snapshot_tree.h"

namespace vix::vm {

// A value of one thread: a const function may read a file and keep what it read.
class Machine : public Config {
  public:
    // Reads the .vmx. Throws as Config::read().
    static Machine open(const boost::filesystem::path& vmx, const Settings& settings);

    // For a configuration that is not that of a .vmx, such as one from a snapshot state.
    Machine(Config config, Settings settings);

    const Settings& settings() const { return settings_; }

    // Folders to search for files that are not at the path that names them: the machine's folder,
    // workingDir, and those in fileSearchPath.
    const std::vector<boost::filesystem::path>& search_folders() const { return search_folders_; }

    // Returns the file that `named` means, at its path or in the search folders; nothing if there
    // is none. Throws as vm::find_file().
    std::optional<boost::filesystem::path> find_file(const NamedFile& named) const;

    // The same, but only at its path.
    std::optional<boost::filesystem::path> find_at_path(const NamedFile& named) const;

    // Returns the path of a disk. Throws as find_file(), and VIX_E_FILE_NOT_FOUND with the disk's
    // name.
    boost::filesystem::path find_disk(const DiskDevice& device) const;

    // Returns the file that the key names; without the key, the file named like the .vmx with
    // `extension`. Nothing if it does not exist. The result need not be a regular file.
    std::optional<boost::filesystem::path> companion(const std::string& key,
                                                     const std::string& extension) const;

    boost::filesystem::path snapshot_list_path() const { return vm::snapshot_list_path(path()); }

    // Reads the snapshot list at the first call. Throws as SnapshotTree::read().
    const SnapshotTree& snapshots() const&;
    // Of a temporary by value, because a caller's loop over the snapshots outlives it.
    SnapshotTree snapshots() &&;

    // The snapshot list as the caller read it before: if the file has not changed since,
    // snapshots() does not parse it again.
    void know_snapshots(SnapshotTree known);
    // Moves the list out, for a change of it. The next snapshots() reads it again.
    SnapshotTree take_snapshots();

    // Reads the .vmx again, and the snapshot list when it is needed. A file that has not changed is
    // not parsed again. Throws as Config::read().
    void reread();

  private:
    Settings settings_;
    std::vector<boost::filesystem::path> search_folders_;
    mutable SnapshotTree snapshots_;
    mutable bool snapshots_are_read_ = false;
};

}  // namespace vix::vm
