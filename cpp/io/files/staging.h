// Builds a set of files beside their destination and publishes them together. The staging folder
// `.vix-staging-<name>` hides them until publish(). The name also identifies what a crash leaves
// behind; the next attempt at the same destination removes it.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

#include "base/progress.h"
#include "io/files/file.h"
#include "io/files/file_descriptor.h"
#include "io/files/sync.h"

namespace vix::io {

// Creates the missing folders of a path. The destructor removes them again unless keep() was
// called.
class NewFolders {
  public:
    explicit NewFolders(const boost::filesystem::path& folder);
    ~NewFolders();
    NewFolders(const NewFolders&) = delete;
    NewFolders& operator=(const NewFolders&) = delete;

    void keep() noexcept { made_.clear(); }
    // The folders to sync so that the new folders are durable.
    std::vector<boost::filesystem::path> holders() const;

  private:
    std::vector<boost::filesystem::path> made_;  // outermost first
};

// A staging folder, whose files are published all or none.
class StagingPlace {
  public:
    virtual ~StagingPlace() = default;

    const boost::filesystem::path& folder() const { return folder_; }

    // Starts to sync the staged files, which must be complete, and `also`, which must be durable
    // with them. finish_sync() waits for the end.
    void begin_sync(const std::vector<boost::filesystem::path>& also);
    void finish_sync();

    // Moves everything to its destination. Durable when it returns if the staging is
    // Durability::Synced.
    virtual void publish(Progress& progress) = 0;

  protected:
    StagingPlace(boost::filesystem::path folder, Durability durability)
        : folder_{std::move(folder)}, durability_{durability} {}

    // Called before syncing. Creates the files that only publishing needs, and returns what else
    // must be synced.
    virtual std::vector<boost::filesystem::path> prepare() { return {}; }

    Durability durability() const { return durability_; }

  private:
    boost::filesystem::path folder_;
    Durability durability_;
    SyncQueue syncing_;
};

// Staging for a destination folder that exists.
class Staging : public StagingPlace {
  public:
    // The staging folder for `last`, the file that is published last.
    static boost::filesystem::path folder_for(const boost::filesystem::path& last);

    // Removes what an interrupted attempt left: its staging folder and, if it was killed while
    // publishing, the files that it had already moved. The caller must hold the lock on `last`.
    static void remove_leftovers(const boost::filesystem::path& last);

    Staging(const boost::filesystem::path& last, Durability durability);
    ~Staging() override;
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;

    // Moves every file to its destination, `last` at the end. Never replaces a file: an existing
    // one is VIX_E_FILE_ALREADY_EXISTS, and the destructor takes back what was moved.
    void publish(Progress& progress) override;

  private:
    std::vector<boost::filesystem::path> prepare() override;
    void move_out(const std::vector<std::string>& names, Progress& progress);

    boost::filesystem::path last_;
    // Undone by the destructor unless publishing succeeded.
    std::vector<boost::filesystem::path> moved_;
};

// Staging for a destination folder that does not exist yet. It is built as its sibling
// `.vix-staging-<name>` and published by one rename, which also decides between two callers that
// create the same folder. The builder holds a kernel lock on it, which distinguishes a live one
// from the remains of a crash.
class NewFolderStaging : public StagingPlace {
  public:
    // Removes what an interrupted attempt left. VIX_E_FILE_ALREADY_LOCKED while somebody else
    // builds the same folder.
    NewFolderStaging(const boost::filesystem::path& destination, Durability durability);
    ~NewFolderStaging() override;
    NewFolderStaging(const NewFolderStaging&) = delete;
    NewFolderStaging& operator=(const NewFolderStaging&) = delete;

    // VIX_E_FILE_ALREADY_EXISTS if the destination has been created meanwhile.
    void publish(Progress& progress) override;

  private:
    void withdraw() noexcept;

    boost::filesystem::path destination_;
    Descriptor descriptor_;
    bool moved_ = false;
    bool published_ = false;
};

}  // namespace vix::io
