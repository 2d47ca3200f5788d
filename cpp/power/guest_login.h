// Who may log in to a guest. The agent is root and asks nobody, so the check is ours: against the
// guest's own list of passwords, which is read through the agent and leaves no trace here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "power/guest_agent.h"

namespace vix::power {

// Errors: VIX_E_GUEST_USER_PERMISSIONS for a user that is none, a wrong password, an account that
// is locked or has expired; VIX_E_EMPTY_PASSWORD_NOT_ALLOWED_IN_GUEST for one without password;
// VIX_E_CANNOT_AUTHENTICATE_WITH_GUEST where the guest has no list that can be read.
void check_login(GuestAgent& agent, const std::string& user, const std::string& password);

// The same on the text of /etc/shadow. `today` counts days since 1970.
void check_password(std::string_view shadow, const std::string& user, const std::string& password,
                    std::int64_t today);

}  // namespace vix::power
