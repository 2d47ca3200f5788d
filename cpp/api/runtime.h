// The one state that lives as long as the process: its handles; and, for each thread, how its last
// call failed. Everything below this layer gets what it needs as arguments.
#pragma once

#include <string>

#include "api/handle_table.h"

namespace vix::api {

struct Runtime {
    HandleTable handles;
};

// Made at the first use, never destroyed. Safe to use from any thread.
Runtime& runtime();

struct Failure {
    int code = 0;  // VIX_OK: the last call worked
    std::string detail;
};

// The calling thread's own.
Failure& last_failure() noexcept;

// What VIX_PROPERTY_HOST_SOFTWARE_VERSION tells: the version of this library. The Perl module's
// $VERSION is the same number; a test holds one against the other.
inline constexpr const char* kSoftwareVersion = "0.01";

}  // namespace vix::api
