// The rule for text that callers pass: UTF-8, and no NUL inside, since a path ends at one.
#pragma once

#include <string_view>

namespace vix::api {

// Throws VIX_E_INVALID_UTF8_STRING or, for a NUL, VIX_E_INVALID_ARG; `name` is the argument's, for
// the detail.
void require_text(std::string_view text, const char* name);

// The same, and empty text is VIX_E_INVALID_ARG.
void require_path(std::string_view path, const char* name);

}  // namespace vix::api
