// The machines that VMware's own processes on this host run, from their command lines.
#pragma once

#include <boost/filesystem/path.hpp>
#include <vector>

namespace vix::host {

// The absolute .vmx path of every `vmware-vmx` process that this process may inspect.
std::vector<boost::filesystem::path> machines_of_vmware_processes();

}  // namespace vix::host
