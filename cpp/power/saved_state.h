// A suspended machine's state on disk, and how its .vmx tells of it: checkpoint.vmState, as
// VMware's. What is in the file is libvirt's; VMware cannot resume from it, nor we from VMware's.
#pragma once

#include <boost/filesystem/path.hpp>

#include "vm/config.h"
#include "vm/settings.h"

namespace vix::power {

enum class SavedState { None, Complete, Incomplete, Foreign };

// "<name>-<eight digits>.vmss" beside the .vmx.
boost::filesystem::path state_file_for(const boost::filesystem::path& canonical_vmx);

// Where checkpoint.vmState leads.
boost::filesystem::path recorded_state_file(const vm::Config& machine);

// Incomplete: saving it was interrupted. Foreign: VMware's, or unknown.
SavedState saved_state(const vm::Config& machine);

// Sets checkpoint.vmState, or clears it where `name` is empty.
void record_state(const vm::Config& machine, const std::string& name, const vm::Settings& settings);

}  // namespace vix::power
