// One part of a long operation. Passes on exactly the bytes that were announced for the part,
// whatever the part itself counts. Owns nothing; `whole` must outlive it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/progress.h"

namespace vix::ops {

// Use it from one thread at a time.
class ProgressShare : public Progress {
  public:
    explicit ProgressShare(Progress& whole) : whole_{whole} {}

    // Also ends the previous part.
    void begin(std::uint64_t bytes) {
        end();
        left_ = bytes;
    }
    void end() {
        const std::uint64_t rest = left_;
        left_ = 0;
        if (rest > 0) whole_.add(rest);
    }

    void add(std::uint64_t bytes) override {
        const std::uint64_t part = std::min(bytes, left_);
        left_ -= part;
        whole_.add(part);
    }
    void checkpoint(const char* step) override { whole_.checkpoint(step); }
    void note(const std::string& text) override { whole_.note(text); }

  private:
    Progress& whole_;
    std::uint64_t left_ = 0;
};

}  // namespace vix::ops
