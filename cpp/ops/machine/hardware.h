// Upgrades the version of a machine's virtual hardware. Changes only the .vmx.
#pragma once

#include <boost/filesystem/path.hpp>

#include "base/progress.h"
#include "vm/machine/settings.h"

namespace vix::ops {

// The version of ESX 9 and of Workstation and Fusion of that time.
inline constexpr long kNewestHardware = 22;

// Raises the version to the newest; does nothing if it is that or higher. A machine from before PCI
// Express gets the bridges of new machines. Throws VIX_E_VM_IS_RUNNING if the machine runs or is
// suspended, and VIX_E_NEED_KEY.
void upgrade_hardware(const boost::filesystem::path& vmx, const vm::Settings& settings,
                      Progress& progress);

}  // namespace vix::ops
