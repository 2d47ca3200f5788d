// The VIX constants as C++ enumerators and texts, from the list in constants.def. The error codes
// are in base/error.h.
#pragma once

#include <string_view>

namespace vix::api {

enum Constant : int {
#define VIX_CONSTANT(name, number, group) name = number,
#define VIX_STRING_CONSTANT(name, text, group)
#include "api/constants.def"
#undef VIX_STRING_CONSTANT
#undef VIX_CONSTANT
};

#define VIX_CONSTANT(name, number, group)
#define VIX_STRING_CONSTANT(name, text, group) inline constexpr std::string_view name = text;
#include "api/constants.def"
#undef VIX_STRING_CONSTANT
#undef VIX_CONSTANT

}  // namespace vix::api
