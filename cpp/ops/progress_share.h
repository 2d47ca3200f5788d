// A part of a long operation as its progress sees it: passes on just what was announced for it,
// whatever it counts by itself.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/progress.h"

namespace vix::ops {

// For one thread at a time.
class ProgressShare : public Progress {
  public:
    explicit ProgressShare(Progress& whole) : whole_{whole} {}

    // Ends the part before.
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
