// Checks who may log in to a guest. The agent is root and asks for no password, so this library
// compares the password with the guest's /etc/shadow. The file is read through the agent and wiped
// from memory afterwards.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "power/guest/guest_agent.h"

namespace vix::power {

// Errors: VIX_E_GUEST_USER_PERMISSIONS for an unknown user, a wrong password, or an account that is
// locked or has expired; VIX_E_EMPTY_PASSWORD_NOT_ALLOWED_IN_GUEST for an account without password;
// VIX_E_CANNOT_AUTHENTICATE_WITH_GUEST if /etc/shadow cannot be read or its hash is unknown here.
void check_login(GuestAgent& agent, const std::string& user, const std::string& password);

// The same for the text of /etc/shadow. `today` counts days since 1970.
void check_password(std::string_view shadow, const std::string& user, const std::string& password,
                    std::int64_t today);

}  // namespace vix::power
