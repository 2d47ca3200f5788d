// Compares contents that are too long to print.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

namespace vix::testing {

inline ::testing::AssertionResult alike(const std::string& a, const std::string& b) {
    if (a == b) return ::testing::AssertionSuccess();
    const auto [in_a, in_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    return ::testing::AssertionFailure() << a.size() << " and " << b.size()
                                         << " bytes, different from " << in_a - a.begin() << " on";
}

// Trees (tree_of) and disks by their nodes. A failure says which entries differ.
inline ::testing::AssertionResult alike(const std::map<std::string, std::string>& a,
                                        const std::map<std::string, std::string>& b) {
    if (a == b) return ::testing::AssertionSuccess();
    auto result = ::testing::AssertionFailure();
    for (const auto& [name, bytes] : a) {
        const auto in_b = b.find(name);
        if (in_b == b.end()) {
            result << name << ": only in the first\n";
        } else if (const auto same = alike(bytes, in_b->second); !same) {
            result << name << ": " << same.message() << '\n';
        }
    }
    for (const auto& [name, bytes] : b) {
        if (!a.contains(name)) result << name << ": only in the second\n";
    }
    return result;
}

}  // namespace vix::testing
