// Whether a host name means the host that this process runs on.
#pragma once

#include <string_view>

namespace vix::host {

// True for "", localhost, 127.0.0.1, ::1 and the name of this host (in full or up to its first dot,
// in any case), also within a URL such as https://localhost:8333/sdk.
bool names_this_host(std::string_view host_name);

}  // namespace vix::host
