// What a call on a machine is about to make, or to delete, written down before it does so, in
// `<name>.vix-pending` beside the .vmx: where the call dies, the next one that has the machine's
// lock tidies up after it. VMware's products do not know the file and pass over it.
//
// Only names are written, and hardly ever what is to be done with them: a file that is named goes
// if nothing refers to it, and stays if something does, or if it is no longer the file that was
// named and a guest may have written to it. So the file may name too much, and is true at every
// moment of the call, also after a crash that lost part of what was done. It holds its own inode's
// number: one that came with a copied or downloaded machine means nothing.
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/progress.h"
#include "vm/config.h"
#include "vm/settings.h"

namespace vix::ops {

class Pending {
  public:
    struct Entries {
        // With the inode that the file had when it was named; 0: it was yet to be made.
        std::map<boost::filesystem::path, std::uint64_t> files;
        std::set<boost::filesystem::path> merges;
        std::set<std::string> nodes;  // where disks were attached, each a list
        std::string config;           // the .vmx that is to come, by size and checksum
        std::set<boost::filesystem::path> replaced;  // once it is there, by what lies beside each
        std::set<boost::filesystem::path> removed;   // once it is there

        bool empty() const { return files.empty() && merges.empty(); }
    };

    // Tidies up after a call that died. Only for the holder of the MachineLock. Never fails: what
    // cannot be judged now, because a disk cannot be read, is left for the next call.
    static void take_up(const boost::filesystem::path& vmx, const vm::Settings& settings) noexcept;

    // Whether there is a file to tidy up, other than what waits for a removal.
    static bool is_due(const boost::filesystem::path& vmx);

    // Writes nothing yet. What earlier calls have left stays written down.
    Pending(const boost::filesystem::path& vmx, const vm::Settings& settings);
    // Tidies up unless done() was called: after a failure, too, nothing is left that nobody needs.
    ~Pending();
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;

    // The machine before or after the call: where it has disks attached at other nodes when the
    // file is taken up, a user has been at it, and no file goes that was there before.
    void expect_nodes(const vm::Config& machine);

    // A file that is to be made or deleted.
    void add(const boost::filesystem::path& file);
    void add(const std::vector<boost::filesystem::path>& files);
    // Files of the machine's folder that belong to its configuration and change right after it.
    // Where the call dies in between, who takes the file up completes that: once the .vmx is
    // `config`, a file is replaced by the io::Replacement that has been made for it, or goes, being
    // UEFI's.
    void follow_config(const std::string& config);
    void replace_then(const boost::filesystem::path& file) { own_.replaced.insert(file); }
    void remove_then(const boost::filesystem::path& file) { own_.removed.insert(file); }

    // A disk that is one too many in its chain, should it neither be present nor frozen then: the
    // next removal of a snapshot merges it.
    void add_merge(const boost::filesystem::path& disk) { own_.merges.insert(disk); }

    // The disks that earlier calls left to merge become this one's to merge.
    const std::set<boost::filesystem::path>& take_over_merges();

    // Unsynced; what is named had better last no sooner than this.
    void write();
    // What to sync for that.
    const boost::filesystem::path& path() const { return path_; }

    // Deletes a file that is written down. One that cannot be deleted stays written down for the
    // next call, and `progress` notes why.
    void remove(const boost::filesystem::path& file, Progress& progress);

    // What is one too many in its chain and cannot be merged now is left to a later call.
    void leave_merges(const std::set<boost::filesystem::path>& disks) { left_.merges = disks; }

    // All is done that was to be.
    void done() noexcept;

  private:
    Entries all() const;

    boost::filesystem::path vmx_;
    const vm::Settings& settings_;
    boost::filesystem::path path_;
    Entries own_;
    Entries left_;  // of calls before this one
    bool written_ = false;
};

}  // namespace vix::ops
