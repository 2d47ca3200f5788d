// Building a set of files beside their destination and publishing them together. A staging folder
// `.vix-staging-<name>` lies inside the destination folder; until publish() nothing is seen of what
// it holds, and what a crash leaves behind is known by its name and removed by the next one there.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

#include "base/progress.h"
#include "io/file.h"

namespace vix::io {

// The missing folders of a path. What was made is removed again unless keep() is called.
class NewFolders {
  public:
    explicit NewFolders(const boost::filesystem::path& folder);
    ~NewFolders();
    NewFolders(const NewFolders&) = delete;
    NewFolders& operator=(const NewFolders&) = delete;

    void keep() noexcept { made_.clear(); }
    // What must be synced for the new folders to last.
    std::vector<boost::filesystem::path> holders() const;

  private:
    std::vector<boost::filesystem::path> made_;  // outermost first
};

class Staging {
  public:
    // Where the staging folder of `last` (the file that is published last) is.
    static boost::filesystem::path folder_for(const boost::filesystem::path& last);

    // Removes what an earlier, interrupted attempt left: its staging folder and, if it died while
    // publishing, the files it had already moved. Only for the holder of the lock on `last`.
    static void remove_leftovers(const boost::filesystem::path& last);

    Staging(const boost::filesystem::path& last, Durability durability);
    ~Staging();
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;

    const boost::filesystem::path& folder() const { return folder_; }

    // Makes what is staged last (and `also`, what must last with it), then moves every file to its
    // destination, `last` at the end. Never replaces a file: one that is in the way is
    // VIX_E_FILE_ALREADY_EXISTS, and all that was moved is gone again.
    void publish(const std::vector<boost::filesystem::path>& also, Progress& progress);

  private:
    void write_manifest(const std::vector<std::string>& names) const;
    void move_out(const std::vector<std::string>& names, Progress& progress);

    boost::filesystem::path last_;
    boost::filesystem::path folder_;
    Durability durability_;
    std::vector<boost::filesystem::path> moved_;  // to be undone unless publishing succeeds
};

}  // namespace vix::io
