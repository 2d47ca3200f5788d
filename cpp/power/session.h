// One run of a machine that reverts to its snapshot, or gets a new one, when it is powered off. A
// guest may end while nobody of ours is there: the next start has to detect that, and to tell it
// from a host that crashed, after which the machine goes on with what it has.
//
// A file beside the .vmx lasts until the machine's process ends: the server of its disks removes
// it. A line in the .vmx says that the run has begun and what its end is to bring; it goes when
// that is done. The file is made before the line, so the line without the file proves that the run
// ended.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>

#include "format/dictionary.h"
#include "vm/config.h"
#include "vm/power_off_action.h"
#include "vm/settings.h"

namespace vix::power {

// "<name>.vix-session".
boost::filesystem::path session_file(const boost::filesystem::path& vmx);

class Session {
  public:
    // Begins one whose end is to bring `action`: Revert or Commit. For the holder of the machine's
    // lock. Errors: those of writing.
    Session(const boost::filesystem::path& vmx, vm::PowerOffAction action,
            const vm::Settings& settings);
    // It never was, unless keep() has been called.
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void keep() noexcept { kept_ = true; }

  private:
    boost::filesystem::path vmx_;
    vm::Settings settings_;
    bool kept_ = false;
};

enum class SessionState { None, Ended, Interrupted };

// Of a machine that does not run. Interrupted: nobody saw it end.
SessionState session_state(const vm::Config& machine);

// What the end of the last run is to bring, also where the setting has changed since; nothing where
// there was no such run, or where the .vmx is a copy.
std::optional<vm::PowerOffAction> session_action(const vm::Config& machine);

void forget_session(format::Dictionary& config);
// Changes the .vmx where that is needed.
void forget_session(const vm::Config& machine, const vm::Settings& settings);

}  // namespace vix::power
