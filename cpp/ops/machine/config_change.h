// Changes the .vmx of a machine. The whole file is replaced at once, so a crash leaves the old or
// the new text.
#pragma once

#include <boost/filesystem/path.hpp>
#include <functional>

#include "base/progress.h"
#include "power/libvirt/run_settings.h"
#include "vm/machine/config.h"
#include "vm/machine/settings.h"

namespace vix::ops {

// Edits the dictionary; `machine` is the configuration before the edit. If it throws, the file
// stays as it was.
using ConfigEdit = std::function<void(const vm::Config& machine, format::Dictionary& dictionary)>;

// For a machine that is powered off.
// Reads, edits and replaces the .vmx under the machine's lock. An unchanged dictionary is not
// written. Throws VIX_E_VM_IS_RUNNING, VIX_E_NEED_KEY, VIX_E_VM_NOT_FOUND,
// VIX_E_CANNOT_READ_VM_CONFIG, and VIX_E_CANCELLED while it waits for the lock.
void change_config(const boost::filesystem::path& vmx, const vm::Settings& settings,
                   Progress& waiting, const ConfigEdit& edit);

// For a machine that this library runs; it takes effect at the next start. Throws
// VIX_E_VM_NOT_RUNNING, VIX_E_CANNOT_CONNECT_TO_VM if another product runs it, and the errors of
// reading a .vmx.
void change_running_config(const boost::filesystem::path& vmx, const vm::Settings& settings,
                           const power::Settings& power_settings, const ConfigEdit& edit);

}  // namespace vix::ops
