// Random bytes from the kernel.
#pragma once

#include <array>
#include <cstdint>

namespace vix {

using RandomBytes = std::array<std::uint8_t, 16>;

// Throws an Error if the kernel returns none.
RandomBytes random_bytes();

}  // namespace vix
