// Which variables of the environment the threads of this process read, other than the first one:
// getenv() passes through here.
#pragma once

#include <set>
#include <string>

namespace vix::testing {

// From now on.
void watch_environment();

std::set<std::string> variables_read_by_threads();

}  // namespace vix::testing
