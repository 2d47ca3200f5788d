// The version of a machine's virtual hardware.
#pragma once

#include <boost/filesystem/path.hpp>

#include "base/progress.h"
#include "vm/settings.h"

namespace vix::ops {

// The version of ESX 9 and of the Workstation and Fusion of that time.
inline constexpr long kNewestHardware = 22;

// Raises the version to the newest; nothing to do where it is that or above. A machine from before
// PCI Express gets the bridges that new ones have. Errors: VIX_E_VM_IS_RUNNING for a machine that
// runs or is suspended; VIX_E_NEED_KEY.
void upgrade_hardware(const boost::filesystem::path& vmx, const vm::Settings& settings,
                      Progress& progress);

}  // namespace vix::ops
