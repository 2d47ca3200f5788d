// Building a set of files beside their destination and publishing them together. A staging folder
// `.vix-staging-<name>` lies inside the destination folder; until publish() nothing is seen of what
// it holds, and what a crash leaves behind is known by its name and removed by the next one there.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

#include "base/progress.h"
#include "io/file.h"
#include "io/sync.h"

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

// Where a set of files is built until all of it is published, or nothing.
class StagingPlace {
  public:
    virtual ~StagingPlace() = default;

    const boost::filesystem::path& folder() const { return folder_; }

    // Begins to make what is staged last, which must be all by now, and `also`, what must last with
    // it; finish_sync() waits for it.
    void begin_sync(const std::vector<boost::filesystem::path>& also);
    void finish_sync();

    // Puts everything in its place, for good if the data is synced.
    virtual void publish(Progress& progress) = 0;

  protected:
    StagingPlace(boost::filesystem::path folder, Durability durability)
        : folder_{std::move(folder)}, durability_{durability} {}

    // Called before syncing: makes the files that only publishing needs, and gives what else must
    // last.
    virtual std::vector<boost::filesystem::path> prepare() { return {}; }

    Durability durability() const { return durability_; }

  private:
    boost::filesystem::path folder_;
    Durability durability_;
    SyncQueue syncing_;
};

// In a folder that is there already.
class Staging : public StagingPlace {
  public:
    // Where the staging folder of `last` (the file that is published last) is.
    static boost::filesystem::path folder_for(const boost::filesystem::path& last);

    // Removes what an earlier, interrupted attempt left: its staging folder and, if it died while
    // publishing, the files it had already moved. Only for the holder of the lock on `last`.
    static void remove_leftovers(const boost::filesystem::path& last);

    Staging(const boost::filesystem::path& last, Durability durability);
    ~Staging() override;
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;

    // Moves every file to its destination, the last one at the end. Never replaces a file: one that
    // is in the way is VIX_E_FILE_ALREADY_EXISTS, and all that was moved is gone again.
    void publish(Progress& progress) override;

  private:
    std::vector<boost::filesystem::path> prepare() override;
    void move_out(const std::vector<std::string>& names, Progress& progress);

    boost::filesystem::path last_;
    std::vector<boost::filesystem::path> moved_;  // to be undone unless publishing succeeds
};

// For a folder that is not there yet: it is built beside its place as `.vix-staging-<name>` and
// published by one rename, which also decides between two who make the same folder. Whoever builds
// it holds a kernel lock on it, so that what a crash left can be told from what is being built.
class NewFolderStaging : public StagingPlace {
  public:
    // Removes what an earlier, interrupted attempt left. VIX_E_FILE_ALREADY_LOCKED while another
    // one is building the same folder.
    NewFolderStaging(const boost::filesystem::path& destination, Durability durability);
    ~NewFolderStaging() override;
    NewFolderStaging(const NewFolderStaging&) = delete;
    NewFolderStaging& operator=(const NewFolderStaging&) = delete;

    // VIX_E_FILE_ALREADY_EXISTS when the folder has come to be meanwhile.
    void publish(Progress& progress) override;

  private:
    void withdraw() noexcept;

    boost::filesystem::path destination_;
    int descriptor_ = -1;
    bool moved_ = false;
    bool published_ = false;
};

}  // namespace vix::io
