// How one logs in, as a program of one's own, where libvirt logs in by ssh: with the same words in
// the URI. See "Remote URIs" in libvirt's manual.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace vix::power {

// The command that runs what follows on that host, without asking anybody anything; nothing for a
// URI that leads there by another way, or to this host's own socket.
std::optional<std::vector<std::string>> ssh_command(const std::string& uri);

}  // namespace vix::power
