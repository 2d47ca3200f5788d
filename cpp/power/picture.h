// Converts pictures of a screen from QEMU's formats to PNG.
#pragma once

#include <string>
#include <string_view>

namespace vix::power {

enum class Compression { Usual, None };

// Returns a PNG of the picture in `bytes`, which is a PNG or a binary PPM. A PNG is returned
// unchanged if its compression may stay. Errors: VIX_E_FAIL for other bytes; VIX_E_OUT_OF_MEMORY.
std::string to_png(std::string bytes, Compression compression);

}  // namespace vix::power
