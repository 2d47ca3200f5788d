// The names of all settings. A name that is none of them is a mistake, and whoever made it is told
// which one comes near.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vix::host {

// As in vix.conf, without regard to case.
bool is_setting(std::string_view name);

// The setting that `name` differs from in a letter or two; nothing if there is none.
std::optional<std::string> near_setting(std::string_view name);

// VIX_A_B for the setting a.b.
std::string variable_for(std::string_view setting);

// A variable of the environment that looks as if it were meant for a setting, like VIX_CLONE_LINK,
// and is not read: the setting that it comes near. Nothing for all others: programs may have
// variables of their own that begin with VIX_.
std::optional<std::string> missed_setting(std::string_view variable);

}  // namespace vix::host
