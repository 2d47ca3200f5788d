// The journal `<name>.vix-pending` next to the .vmx: the files that a call is about to make or
// delete. After a crash, the next call that has the machine's lock replays it. VMware's products
// ignore the file.
//
// The journal holds names, and almost never what to do with them. Recovery deletes a listed file if
// nothing references it. It keeps the file if something does, or if it is no longer the listed file
// and a guest may have written to it. So the journal may list files that were never made; it is
// valid at every point of the call, and after a crash that lost a part of the changes. It records
// its own inode number: a journal that was copied or downloaded with a machine means nothing.
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/progress.h"
#include "vm/machine/machine.h"

namespace vix::ops {

class Pending {
  public:
    struct Entries {
        // With the inode that the file had when it was listed; 0 if it did not exist yet.
        std::map<boost::filesystem::path, std::uint64_t> files;
        std::set<boost::filesystem::path> merges;
        std::set<std::string> nodes;                 // where disks were attached, one list each
        std::string config;                          // size and checksum of the .vmx to come
        std::set<boost::filesystem::path> replaced;  // by prepared files, once that .vmx exists
        std::set<boost::filesystem::path> removed;   // removed once that .vmx exists

        bool empty() const { return files.empty() && merges.empty(); }
    };

    // Recovers after a crashed call. The caller must hold the MachineLock. Never fails: if a disk
    // cannot be read, the decision is left to the next call.
    static void take_up(const vm::Machine& machine) noexcept;

    // True if there is a journal with more in it than pending merges.
    static bool is_due(const boost::filesystem::path& vmx);

    // `machine` must outlive this object. Writes nothing yet. Keeps the entries of earlier calls.
    explicit Pending(const vm::Machine& machine);
    // Cleans up unless done() was called, so that a failure leaves no file that nobody needs.
    ~Pending();
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;

    // Records where `machine`, as it is before or after the call, has disks attached. If recovery
    // finds disks at other nodes, a user has changed the machine, and recovery deletes no file that
    // existed before the call.
    void expect_nodes(const vm::Config& machine);

    // A file that will be made or deleted.
    void add(const boost::filesystem::path& file);
    void add(const std::vector<boost::filesystem::path>& files);
    // For listed files that the call has made. Recovery deletes them even if they hold data.
    void add_made(const std::vector<boost::filesystem::path>& files);
    // For files of the machine's folder that belong to its configuration and change right after it.
    // After a crash in between, recovery completes the change. If the .vmx is `config`, it puts the
    // prepared io::Replacement of each file in place, or deletes the file (UEFI's variables).
    void follow_config(const std::string& config);
    void replace_then(const boost::filesystem::path& file) { own_.replaced.insert(file); }
    void remove_then(const boost::filesystem::path& file) { own_.removed.insert(file); }

    // A disk that becomes superfluous in its chain. If it is neither current nor frozen then, the
    // next removal of a snapshot merges it.
    void add_merge(const boost::filesystem::path& disk) { own_.merges.insert(disk); }

    // Takes over the pending merges of earlier calls.
    const std::set<boost::filesystem::path>& take_over_merges();

    // Writes the journal, unsynced. Sync path() no later than the files that the journal lists.
    void write();
    // The file to sync.
    const boost::filesystem::path& path() const { return path_; }

    // Deletes a listed file. If that fails, the file stays listed for the next call, and `progress`
    // gets a note with the reason.
    void remove(const boost::filesystem::path& file, Progress& progress);

    // Leaves the merge of these superfluous disks to a later call.
    void leave_merges(const std::set<boost::filesystem::path>& disks) { left_.merges = disks; }

    // The call has done everything; drops its entries.
    void done() noexcept;
    // The call fails, and it is unknown which files are in use: leaves the whole journal to the
    // next call, and deletes nothing.
    void leave() noexcept { written_ = false; }

  private:
    Entries all() const;

    const vm::Machine& machine_;
    boost::filesystem::path path_;
    Entries own_;
    Entries left_;  // of earlier calls
    bool written_ = false;
};

}  // namespace vix::ops
