#include "io/locks/patience.h"

#include <thread>

namespace vix::io {

Wait::Wait(const Patience& patience)
    : end_{std::chrono::steady_clock::now() + patience.longest_}, waiting_{patience.waiting_} {}

bool Wait::goes_on(std::chrono::milliseconds pause) {
    if (waiting_ != nullptr) waiting_->add(0);
    if (std::chrono::steady_clock::now() >= end_) return false;
    std::this_thread::sleep_for(pause);
    return true;
}

}  // namespace vix::io
