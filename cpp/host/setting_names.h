// The names of all settings, and suggestions for a misspelt one. A name that is not in the list is
// an error.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vix::host {

// How the environment variable of each setting begins.
inline constexpr std::string_view kVariable = "VIX_";

// power.network.vmnet0 to power.network.vmnet255: the networks of custom cards.
inline constexpr std::string_view kVmnetSetting = "power.network.vmnet";
inline constexpr int kLastVmnet = 255;

// The name as in vix.conf, ignoring case.
bool is_setting(std::string_view name);

// The setting that differs from `name` in at most two letters; empty if there is none.
std::optional<std::string> near_setting(std::string_view name);

// The environment variable VIX_A_B for the setting a.b.
std::string variable_for(std::string_view setting);

// For an environment variable that is probably meant for a setting but is not read, like
// VIX_CLONE_LINK: that setting. Empty for all others, because programs may have variables of their
// own that begin with VIX_.
std::optional<std::string> missed_setting(std::string_view variable);

}  // namespace vix::host
