// Reads the settings: ~/.vmware/vix.conf (VMware's dictionary form), overridden by the environment.
#pragma once

#include "power/settings.h"
#include "vm/settings.h"

namespace vix::host {

// A setting `a.b` is overridden by the environment variable VIX_A_B. Error VIX_E_INVALID_ARG names
// the setting whose value cannot be used; a missing file is no error.
vm::Settings load_settings();

// The same for the settings power.*
power::Settings load_power_settings();

}  // namespace vix::host
