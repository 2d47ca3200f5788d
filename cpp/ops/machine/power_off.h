// Carries out snapshot.action for a machine that is powered off: at once, or before the next start
// if the guest shut down by itself.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

#include "base/progress.h"
#include "vm/machine/settings.h"

namespace vix::ops {

// Call before a machine is powered on. If its last run ended by itself, it reverts to the snapshot
// or takes the new one now. Returns the notes for the caller. Throws the errors of
// vm::power_off_action(), of reverting and of taking; and those of require_revertable(), such as
// VIX_E_SNAPSHOT_NOT_REVERTABLE, if the next power-off could not revert.
std::vector<std::string> before_power_on(const boost::filesystem::path& vmx,
                                         const vm::Settings& settings, Progress& progress);

// Call after the machine was powered off: reverts or takes the snapshot. Returns the notes for the
// caller. On an error the machine is off and as its guest left it; before_power_on() tries again.
std::vector<std::string> after_power_off(const boost::filesystem::path& vmx,
                                         const vm::Settings& settings, Progress& progress);

}  // namespace vix::ops
