// How long a call waits for others that are at work on the same files, and whose cancelling ends
// the wait before that.
#pragma once

#include <chrono>

#include "base/progress.h"

namespace vix::io {

class Patience {
  public:
    Patience() = default;  // none: it fails at once
    template <typename Count, typename Unit>
    Patience(std::chrono::duration<Count, Unit> longest, Progress* waiting = nullptr)
        : longest_{longest}, waiting_{waiting} {}

  private:
    friend class Wait;
    std::chrono::nanoseconds longest_{0};
    Progress* waiting_ = nullptr;
};

// One wait, from its making on.
class Wait {
  public:
    explicit Wait(const Patience& patience);

    // Sleeps for `pause`. False, and no sleep, when the patience is at its end. Throws, as
    // Progress::add() does, when the operation is cancelled.
    bool goes_on(std::chrono::milliseconds pause);

  private:
    std::chrono::steady_clock::time_point end_;
    Progress* waiting_;
};

}  // namespace vix::io
