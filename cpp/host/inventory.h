// The machines that this host knows and runs: the library that VMware Workstation keeps, in its
// own file (the setting inventory.file), so that both see what the other registers.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

#include "base/progress.h"
#include "power/settings.h"
#include "vm/settings.h"

namespace vix::host {

// No error where it is there already. Errors: VIX_E_NOT_FOUND when there is no such file,
// VIX_E_CANNOT_READ_VM_CONFIG, VIX_E_FILE_ALREADY_LOCKED when others hold the inventory for long,
// VIX_E_CANCELLED while it waits for them.
void register_machine(const boost::filesystem::path& vmx, const vm::Settings& settings,
                      Progress& waiting);

// No error where it is not registered; the file need not be there. VIX_E_VM_IS_RUNNING for a
// registered machine that runs.
void unregister_machine(const boost::filesystem::path& vmx, const vm::Settings& settings,
                        Progress& waiting);

// Absolute paths, UTF-8, in the order of the inventory; those on a drive that is not mapped as
// they stand there. No inventory: none.
std::vector<std::string> registered_machines(const vm::Settings& settings);

// The same of machines that run on this host: those of VMware's processes, ours, whoever started
// them, and the registered ones that somebody holds as running.
std::vector<std::string> running_machines(const vm::Settings& settings,
                                          const power::Settings& power_settings);

}  // namespace vix::host
