#include "api/calls/text_argument.h"

#include <string>

#include "base/error.h"
#include "base/text.h"

namespace vix::api {

void require_text(std::string_view text, const char* name) {
    if (text.find('\0') != std::string_view::npos) {
        throw Error{VIX_E_INVALID_ARG, std::string{name} + " contains a NUL byte"};
    }
    if (!is_utf8(text)) {
        throw Error{VIX_E_INVALID_UTF8_STRING, std::string{name} + " is not valid UTF-8"};
    }
}

void require_path(std::string_view path, const char* name) {
    require_text(path, name);
    if (path.empty()) throw Error{VIX_E_INVALID_ARG, std::string{name} + " is empty"};
}

}  // namespace vix::api
