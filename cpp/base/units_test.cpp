#include "base/units.h"

#include <gtest/gtest.h>

#include <limits>

#include "testing/process/failure.h"

namespace vix {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

TEST(Units, SumsAndProductsOfTheLargestNumbers) {
    EXPECT_EQ(checked_add(kMost - 1, 1), kMost);
    EXPECT_EQ(checked_multiply(kMost, 1), kMost);
}

TEST(Units, RefusesASumAbove64Bits) {
    EXPECT_EQ(testing::code_of([] { checked_add(kMost, 1); }), VIX_E_DISK_INVALIDDISK);
}

TEST(Units, RefusesAProductAbove64Bits) {
    EXPECT_EQ(testing::code_of([] { sectors_to_bytes(std::uint64_t{1} << 55); }),
              VIX_E_DISK_INVALIDDISK);
}

TEST(Units, RoundsUpToWholeUnits) {
    EXPECT_EQ(divide_up(0, 128), 0U);
    EXPECT_EQ(divide_up(1, 128), 1U);
    EXPECT_EQ(divide_up(128, 128), 1U);
    EXPECT_EQ(round_up(129, 128), 256U);
}

TEST(Units, DividesTheLargestNumberWithoutOverflow) {
    EXPECT_EQ(divide_up(kMost, 2), kMost / 2 + 1);
}

}  // namespace
}  // namespace vix
