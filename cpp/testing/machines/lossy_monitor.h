// Stands between this process and an image server's monitor, and loses requests or answers.
#pragma once

#include <atomic>
#include <boost/filesystem/path.hpp>
#include <mutex>
#include <string>
#include <thread>

#include "io/files/file_descriptor.h"

namespace vix::testing {

class LossyMonitor {
  public:
    // Request: the server never gets it, and the connection ends. Answer: the server does it, and
    // the connection ends before the answer. Error: the server does it, and the answer is an error.
    enum class Loses { Request, Answer, Error };

    // Takes the place of the server's socket until the destructor.
    explicit LossyMonitor(const boost::filesystem::path& socket);
    ~LossyMonitor();
    LossyMonitor(const LossyMonitor&) = delete;
    LossyMonitor& operator=(const LossyMonitor&) = delete;

    // Once, for the next request of that command; any command if it is empty. Skips that many
    // before.
    void lose(Loses what, const std::string& command, int skipped = 0);
    // From the loss on, no further connection is served until stop_losing().
    void and_stay_away() { stays_away_ = true; }
    // Switches it off. Returns true if something was lost.
    bool stop_losing();

  private:
    void serve();
    void relay(int client);
    bool is_lost(const std::string& line);
    bool is_away();

    boost::filesystem::path socket_;
    boost::filesystem::path real_;
    io::Descriptor listener_;
    std::atomic<bool> ends_ = false;
    std::atomic<bool> stays_away_ = false;
    std::mutex mutex_;
    Loses what_ = Loses::Request;
    std::string command_;
    int skipped_ = 0;
    bool armed_ = false;
    bool lost_ = false;
    std::thread thread_;
};

}  // namespace vix::testing
