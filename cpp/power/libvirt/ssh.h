// The ssh command that logs in where libvirt does, if its URI uses ssh, with the same parameters.
// See "Remote URIs" in libvirt's manual.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace vix::power {

// The command that runs the words after it on that host, without asking the user anything. Nothing
// for a URI that uses another transport, or this host's own socket.
std::optional<std::vector<std::string>> ssh_command(const std::string& uri);

}  // namespace vix::power
