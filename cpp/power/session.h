// One run of a machine that reverts to its snapshot, or takes a new one, at power-off. A guest may
// end while no process of ours is there. The next start must detect that, and distinguish it from a
// crash of the host, after which the machine continues with its current state.
//
// A file beside the .vmx exists until the machine's process ends; the image server removes it. A
// line in the .vmx says that the run has begun and what its end must bring; it is removed when that
// is done. The file is made before the line, so a line without the file proves that the run ended.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>

#include "format/dictionary.h"
#include "vm/machine/machine.h"
#include "vm/machine/power_off_action.h"

namespace vix::power {

// "<name>.vix-session".
boost::filesystem::path session_file(const boost::filesystem::path& vmx);

class Session {
  public:
    // Begins a run whose end brings `action`: Revert or Commit. Only for the holder of the
    // machine's lock. Errors: those of writing.
    Session(const vm::Machine& machine, vm::PowerOffAction action);
    // Undoes the begin, unless keep() was called.
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void keep() noexcept { kept_ = true; }

  private:
    vm::Machine machine_;
    bool kept_ = false;
};

enum class SessionState { None, Ended, Interrupted };

// For a machine that does not run. Interrupted: nobody saw the run end.
SessionState session_state(const vm::Config& machine);

// What the end of the last run must bring, even if the setting has changed since. Nothing if there
// was no such run, or if the .vmx is a copy.
std::optional<vm::PowerOffAction> session_action(const vm::Config& machine);

void forget_session(format::Dictionary& config);
// Writes the .vmx only if it has such a line.
void forget_session(const vm::Machine& machine);

}  // namespace vix::power
