// The only state of the process: its handles, and for each thread how its last call failed. Every
// layer below gets what it needs as arguments.
#pragma once

#include <string>

#include "api/handles/handle_table.h"

namespace vix::api {

struct Runtime {
    HandleTable handles;
};

// Made on first use, never destroyed. Any thread may use it.
Runtime& runtime();

struct Failure {
    int code = 0;  // VIX_OK: the last call succeeded
    std::string detail;
};

// The failure of the calling thread.
Failure& last_failure() noexcept;

// VIX_PROPERTY_HOST_SOFTWARE_VERSION: the version of this library. A test compares it with the Perl
// module's $VERSION.
inline constexpr const char* kSoftwareVersion = "0.01";

}  // namespace vix::api
