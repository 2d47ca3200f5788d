// Compares contents that are too long to print.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace vix::testing {

inline ::testing::AssertionResult alike(const std::string& a, const std::string& b) {
    if (a == b) return ::testing::AssertionSuccess();
    const auto [in_a, in_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    return ::testing::AssertionFailure() << a.size() << " and " << b.size()
                                         << " bytes, different from " << in_a - a.begin() << " on";
}

}  // namespace vix::testing
