// The machines that this host knows and runs. The known ones are in VMware Workstation's own
// library file (the setting inventory.file), so Workstation and this library see each other's
// registrations.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

#include "base/progress.h"
#include "power/libvirt/run_settings.h"
#include "vm/machine/settings.h"

namespace vix::host {

// Does nothing if the machine is registered. Throws:
//   VIX_E_NOT_FOUND: there is no file `vmx`
//   VIX_E_CANNOT_READ_VM_CONFIG: it is not a valid .vmx
//   VIX_E_FILE_NOT_FOUND: no inventory is configured
//   VIX_E_FILE_ALREADY_LOCKED: others hold the inventory for more than 30 seconds
//   VIX_E_CANCELLED: `waiting` was cancelled meanwhile
void register_machine(const boost::filesystem::path& vmx, const vm::Settings& settings,
                      Progress& waiting);

// Does nothing if the machine is not registered; the .vmx need not exist. VIX_E_VM_IS_RUNNING if it
// is registered and runs. Other errors as above.
void unregister_machine(const boost::filesystem::path& vmx, const vm::Settings& settings,
                        Progress& waiting);

// Absolute paths in UTF-8, in the order of the inventory. A path on an unmapped drive stays as it
// is in the file. Empty without an inventory.
std::vector<std::string> registered_machines(const vm::Settings& settings);

// The paths of machines that run on this host: those of VMware's processes, ours (whoever started
// them), and registered ones with a running mark.
std::vector<std::string> running_machines(const vm::Settings& settings,
                                          const power::Settings& power_settings);

}  // namespace vix::host
