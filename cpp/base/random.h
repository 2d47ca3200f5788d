// Random bytes, the kernel's own.
#pragma once

#include <array>
#include <cstdint>

namespace vix {

using RandomBytes = std::array<std::uint8_t, 16>;

// Error where the kernel gives none.
RandomBytes random_bytes();

}  // namespace vix
