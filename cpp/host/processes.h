// Which virtual machines VMware's own processes on this host run, as their command lines tell.
#pragma once

#include <boost/filesystem/path.hpp>
#include <vector>

namespace vix::host {

// The .vmx of every `vmware-vmx` process that this one may look at, absolute.
std::vector<boost::filesystem::path> machines_of_vmware_processes();

}  // namespace vix::host
