// Records which environment variables the threads of this process read, except the first thread. It
// replaces getenv().
#pragma once

#include <set>
#include <string>

namespace vix::testing {

// Starts recording; forgets what was recorded before.
void watch_environment();

std::set<std::string> variables_read_by_threads();

}  // namespace vix::testing
