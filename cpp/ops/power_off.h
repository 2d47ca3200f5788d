// What snapshot.action makes of a machine that is powered off, at once or, where the guest ended by
// itself, before the next start.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

#include "base/progress.h"
#include "vm/settings.h"

namespace vix::ops {

// Before a machine is powered on: goes back to its snapshot where its last run ended by itself and
// should have ended so. Gives what to tell the caller. Errors: VIX_E_NOT_SUPPORTED for
// "autoCommit"; those of vm::power_off_action(); what would keep the machine from going back.
std::vector<std::string> before_power_on(const boost::filesystem::path& vmx,
                                         const vm::Settings& settings, Progress& progress);

// After it was powered off: does what is to be done. Gives what to tell the caller. On an error it
// is off, and as its guest left it; before_power_on() tries again.
std::vector<std::string> after_power_off(const boost::filesystem::path& vmx,
                                         const vm::Settings& settings, Progress& progress);

}  // namespace vix::ops
