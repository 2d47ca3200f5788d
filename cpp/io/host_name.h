#pragma once

#include <string>

namespace vix::io {

// The name that this host has for itself, often without a domain; empty when it tells none.
std::string own_host_name();

}  // namespace vix::io
