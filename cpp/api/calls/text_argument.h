// The rule for text from callers: UTF-8 without NUL, because a path ends at a NUL.
#pragma once

#include <string_view>

namespace vix::api {

// Errors: VIX_E_INVALID_UTF8_STRING; VIX_E_INVALID_ARG for a NUL. The detail contains `name`, the
// argument's.
void require_text(std::string_view text, const char* name);

// The same; an empty text is VIX_E_INVALID_ARG, too.
void require_path(std::string_view path, const char* name);

}  // namespace vix::api
