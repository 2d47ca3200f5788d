// One change of a virtual machine's .vmx while the machine is off.
#pragma once

#include <boost/filesystem/path.hpp>
#include <functional>

#include "base/progress.h"
#include "vm/config.h"
#include "vm/settings.h"

namespace vix::ops {

// Edits the dictionary, given the configuration as it is. What it throws leaves the file as it was.
using ConfigEdit = std::function<void(const vm::Config& machine, format::Dictionary& dictionary)>;

// Reads, edits and replaces the .vmx under the machine's lock; a dictionary that comes back as it
// was is not written. Errors: VIX_E_VM_IS_RUNNING, VIX_E_NEED_KEY, VIX_E_VM_NOT_FOUND,
// VIX_E_CANNOT_READ_VM_CONFIG; VIX_E_CANCELLED while it waits for the lock.
void change_config(const boost::filesystem::path& vmx, const vm::Settings& settings,
                   Progress& waiting, const ConfigEdit& edit);

}  // namespace vix::ops
