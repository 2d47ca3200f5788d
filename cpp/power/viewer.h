// A window with a machine's screen, in a program of its own that outlives the script.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "power/settings.h"

namespace vix::power {

// The viewer to start, word by word: that of the setting power.viewer, or the first one known that
// is installed; nothing where none is.
std::optional<std::vector<std::string>> viewer_command(const Settings& settings,
                                                       const std::string& uuid);

// Opens the window for the machine of that uuid. Where none can be opened this is no failure of
// what the machine was started for: gives the reason.
std::optional<std::string> open_viewer(const Settings& settings, const std::string& uuid);

}  // namespace vix::power
