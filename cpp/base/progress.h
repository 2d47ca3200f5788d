// What a long operation tells the one who waits for it, and where it can be stopped. Copying calls
// add() from several threads, so an implementation of it must be safe to share between them.
#pragma once

#include <cstdint>
#include <string>

namespace vix {

class Progress {
  public:
    virtual ~Progress() = default;

    // The whole work ahead, in bytes; called once before the first add().
    virtual void expect(std::uint64_t bytes) { static_cast<void>(bytes); }

    // Work done since the last call. Throws Error{VIX_E_CANCELLED} when the operation shall end.
    virtual void add(std::uint64_t bytes) { static_cast<void>(bytes); }

    // Passed before every step that changes what is on disk. An implementation may throw (a caller
    // who cancels) or end the process (a test of what a crash at this very step leaves behind).
    virtual void checkpoint(const char* step) { static_cast<void>(step); }

    // From here on the operation cannot be undone, only finished: who cancels it comes too late.
    virtual void point_of_no_return() {}

    // What the caller may want to know though the operation succeeds, as a full sentence without
    // its period.
    virtual void note(const std::string& text) { static_cast<void>(text); }
};

}  // namespace vix
