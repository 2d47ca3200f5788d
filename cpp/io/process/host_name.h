#pragma once

#include <string>

namespace vix::io {

// This host's own name, often without a domain. Empty if the kernel returns none.
std::string own_host_name();

}  // namespace vix::io
