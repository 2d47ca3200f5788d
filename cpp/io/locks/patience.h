// How long a call waits for others that work on the same files. The wait ends earlier if the given
// Progress is cancelled.
#pragma once

#include <chrono>

#include "base/progress.h"

namespace vix::io {

class Patience {
  public:
    Patience() = default;  // does not wait: fails at once
    template <typename Count, typename Unit>
    Patience(std::chrono::duration<Count, Unit> longest, Progress* waiting = nullptr)
        : longest_{longest}, waiting_{waiting} {}

  private:
    friend class Wait;
    std::chrono::nanoseconds longest_{0};
    Progress* waiting_ = nullptr;
};

// One wait; its time starts when it is constructed.
class Wait {
  public:
    explicit Wait(const Patience& patience);

    // Sleeps for `pause` and returns true. Returns false, without sleeping, when the time has run
    // out. Throws what Progress::add() throws if the operation is cancelled.
    bool goes_on(std::chrono::milliseconds pause);

  private:
    std::chrono::steady_clock::time_point end_;
    Progress* waiting_;
};

}  // namespace vix::io
