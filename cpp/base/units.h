// Sectors and bytes: the sector size, and arithmetic on sizes read from files. Such sizes are never
// trusted: the checked functions throw VIX_E_DISK_INVALIDDISK on overflow.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace vix {

inline constexpr std::uint64_t kSectorSize = 512;

inline std::uint64_t checked_add(std::uint64_t a, std::uint64_t b) {
    std::uint64_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) {
        throw Error{VIX_E_DISK_INVALIDDISK, "a size is out of range: " + std::to_string(a) + " + " +
                                                std::to_string(b) + " exceeds 64 bits"};
    }
    return sum;
}

inline std::uint64_t checked_multiply(std::uint64_t a, std::uint64_t b) {
    std::uint64_t product = 0;
    if (__builtin_mul_overflow(a, b, &product)) {
        throw Error{VIX_E_DISK_INVALIDDISK, "a size is out of range: " + std::to_string(a) + " * " +
                                                std::to_string(b) + " exceeds 64 bits"};
    }
    return product;
}

inline std::uint64_t sectors_to_bytes(std::uint64_t sectors) {
    return checked_multiply(sectors, kSectorSize);
}

constexpr std::uint64_t divide_up(std::uint64_t value, std::uint64_t unit) {
    return value / unit + (value % unit != 0 ? 1 : 0);
}

// Does not overflow for values from the checked functions: they are far below 2^64.
constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
    return divide_up(value, unit) * unit;
}

}  // namespace vix
