// Makes files and folders last behind the caller's back, who goes on with other work meanwhile:
// begins to wait for the disk, and ends the waiting. Where nothing is to be done meanwhile there is
// sync_all() in io/file.h.
#pragma once

#include <boost/filesystem/path.hpp>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace vix::io {

class SyncQueue {
  public:
    SyncQueue() = default;
    // What has not begun is left as it is.
    ~SyncQueue();
    SyncQueue(const SyncQueue&) = delete;
    SyncQueue& operator=(const SyncQueue&) = delete;

    // Begins; what is in the files must be written by now.
    void add(const std::vector<boost::filesystem::path>& paths);

    // With these, all that was added is on the disk. Throws the first failure.
    void finish(const std::vector<boost::filesystem::path>& paths = {});

  private:
    struct Opened {
        int descriptor;
        boost::filesystem::path path;
    };

    void open(const std::vector<boost::filesystem::path>& paths);
    void start_helpers(std::size_t wanted);
    void work() noexcept;
    std::optional<Opened> take();
    void join();

    std::vector<std::thread> helpers_;
    std::mutex mutex_;  // guards what follows
    std::deque<Opened> queue_;
    int failure_ = 0;  // errno; 0: none so far
    boost::filesystem::path failed_path_;
};

}  // namespace vix::io
