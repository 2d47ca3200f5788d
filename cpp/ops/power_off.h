// What snapshot.action does to a machine that is powered off: at once or, where the guest ended by
// itself, before the next start.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

#include "base/progress.h"
#include "vm/settings.h"

namespace vix::ops {

// Before a machine is powered on: does what is missing where its last run ended by itself, which is
// to revert to its snapshot or to take a new one. Returns what to report to the caller. Errors:
// those of vm::power_off_action(), and of reverting and taking; VIX_E_SNAPSHOT_NOT_REVERTABLE and
// others, see require_revertable(), where the power-off would fail to revert.
std::vector<std::string> before_power_on(const boost::filesystem::path& vmx,
                                         const vm::Settings& settings, Progress& progress);

// After it was powered off: reverts or takes the snapshot. Returns what to report to the caller. On
// an error it is off, as its guest left it, and before_power_on() tries again.
std::vector<std::string> after_power_off(const boost::filesystem::path& vmx,
                                         const vm::Settings& settings, Progress& progress);

}  // namespace vix::ops
