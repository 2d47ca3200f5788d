// The code or detail of a failure, so that a test can check it in one line.
#pragma once

#include <string>

#include "base/error.h"

namespace vix::testing {

// The code of the Error that `action` throws; VIX_OK if it throws none.
template <typename Action>
ErrorCode code_of(Action&& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.code();
    }
    return VIX_OK;
}

// The Error's detail; empty if `action` throws none.
template <typename Action>
std::string detail_of(Action&& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.detail();
    }
    return {};
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace vix::testing
