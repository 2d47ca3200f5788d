// Syncs files and folders in background threads while the caller goes on with other work: add()
// starts, finish() waits. If there is no other work, use sync_all() in io/files/file.h. One thread
// owns the queue.
#pragma once

#include <boost/filesystem/path.hpp>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "io/files/file_descriptor.h"

namespace vix::io {

class SyncQueue {
  public:
    SyncQueue() = default;
    // Drops what has not begun.
    ~SyncQueue();
    SyncQueue(const SyncQueue&) = delete;
    SyncQueue& operator=(const SyncQueue&) = delete;

    // Starts to sync. The files' content must be written already.
    void add(const std::vector<boost::filesystem::path>& paths);

    // Syncs these as well, and waits until all that was added is on disk. Throws the first failure.
    void finish(const std::vector<boost::filesystem::path>& paths = {});

  private:
    struct Opened {
        Descriptor descriptor;
        boost::filesystem::path path;
    };

    void open(const std::vector<boost::filesystem::path>& paths);
    void start_helpers(std::size_t wanted);
    void commit_together();
    void work() noexcept;
    std::optional<Opened> take();
    void join();

    std::vector<std::thread> helpers_;
    bool on_btrfs_ = false;  // the files in the queue, and nobody helps
    std::mutex mutex_;       // protects the members below
    std::deque<Opened> queue_;
    int failure_ = 0;  // errno, 0: none so far
    boost::filesystem::path failed_path_;
};

}  // namespace vix::io
