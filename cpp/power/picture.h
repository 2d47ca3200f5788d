// Pictures of a screen, from the form that QEMU gives them to the one that callers get.
#pragma once

#include <string>
#include <string_view>

namespace vix::power {

enum class Compression { Usual, None };

// A PNG of the picture in `bytes`, which is a PNG or a PPM of the binary kind. A PNG is given back
// as it is where its compression may stay. Error VIX_E_FAIL for anything else.
std::string to_png(std::string bytes, Compression compression);

}  // namespace vix::power
