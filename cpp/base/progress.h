// Progress, cancellation and notes of a long operation. Sizes are in bytes. Copying calls add()
// from several threads at once, so an implementation of add() must be thread-safe.
#pragma once

#include <cstdint>
#include <string>

namespace vix {

class Progress {
  public:
    virtual ~Progress() = default;

    // The whole work ahead, in bytes. Called once, before the first add().
    virtual void expect(std::uint64_t bytes) { static_cast<void>(bytes); }

    // Work done since the last call, in bytes. Throws Error{VIX_E_CANCELLED} if the operation is to
    // end.
    virtual void add(std::uint64_t bytes) { static_cast<void>(bytes); }

    // Called before every step that changes what is on disk. An implementation may throw (to
    // cancel) or end the process (a test of what a crash at this step leaves behind).
    virtual void checkpoint(const char* step) { static_cast<void>(step); }

    // From here on the operation cannot be undone, only finished. A later cancel has no effect.
    virtual void point_of_no_return() {}

    // Information for the caller of an operation that succeeds: a full sentence without its period.
    virtual void note(const std::string& text) { static_cast<void>(text); }
};

}  // namespace vix
