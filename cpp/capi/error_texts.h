// Texts of errors that stay where they are for ever, in bounded memory.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_set>

#include "capi/exports.h"

namespace vix::capi {

class ErrorTexts {
  public:
    // So many bytes of texts with a detail are kept. After that only the general texts of codes are
    // returned, which are the core's own; those of numbers without one are kept, 65536 at most.
    static constexpr std::size_t kLimit = 4 * 1024 * 1024;

    // The text of the code, with the detail of this thread's last failure if it is that code's.
    const char* of(VixError error) noexcept;

    void before_fork() { mutex_.lock(); }
    void after_fork() { mutex_.unlock(); }

  private:
    std::mutex mutex_;
    std::unordered_set<std::string> texts_;
    std::size_t used_ = 0;
};

// The library's own; never destroyed.
ErrorTexts& error_texts() noexcept;

}  // namespace vix::capi
