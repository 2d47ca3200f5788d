// Opens a window with a machine's screen, in a separate program that outlives the script.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "power/libvirt/run_settings.h"

namespace vix::power {

// The viewer's command line: that of the setting power.viewer, or the first known one that is
// installed; nothing if none is.
std::optional<std::vector<std::string>> viewer_command(const Settings& settings,
                                                       const std::string& uuid);

// Opens the window for the machine of that uuid. Returns the reason if that fails; the call that
// started the machine succeeds nevertheless.
std::optional<std::string> open_viewer(const Settings& settings, const std::string& uuid);

}  // namespace vix::power
