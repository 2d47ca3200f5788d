// Reads and changes the host folders that a machine's guest may use, as its .vmx lists them.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

#include "base/progress.h"
#include "power/libvirt/run_settings.h"
#include "vm/machine/settings.h"

namespace vix::ops {

// A bit of SharedFolder::flags, VIX_SHAREDFOLDER_WRITE_ACCESS.
inline constexpr int kSharedFolderWritable = 4;

struct SharedFolder {
    std::string name;       // the guest's name for it
    std::string host_path;  // as in the file
    int flags = 0;
};

// Returns the folders in the order of their indices. Throws the errors of reading a .vmx.
std::vector<SharedFolder> shared_folders(const boost::filesystem::path& vmx,
                                         const vm::Settings& settings);

// The calls below change the .vmx of a machine that is off, or, with `running`, of one that this
// library runs with these settings. Besides their own errors they throw
// VIX_E_VM_IS_RUNNING, VIX_E_NEED_KEY, VIX_E_CANCELLED while they wait for others, and the errors
// of reading a .vmx. Names are compared without case.

// Throws:
// - VIX_E_ALREADY_EXISTS: the name is in use.
// - VIX_E_INVALID_ARG: a name that is empty or has a separator, a path that is not absolute, or
//   unknown flags.
// - VIX_E_FILE_NOT_FOUND, VIX_E_INCORRECT_FILE_TYPE: the host path is not a folder.
void add_shared_folder(const boost::filesystem::path& vmx, const SharedFolder& folder,
                       const vm::Settings& settings, Progress& waiting,
                       const power::Settings* running = nullptr);

// Throws VIX_E_NOT_FOUND. The folders after it move down by one index.
void remove_shared_folder(const boost::filesystem::path& vmx, const std::string& name,
                          const vm::Settings& settings, Progress& waiting,
                          const power::Settings* running = nullptr);

// Changes the path and flags of the folder with that name. Throws VIX_E_NOT_FOUND, and the errors
// of add_shared_folder() for path and flags.
void set_shared_folder(const boost::filesystem::path& vmx, const SharedFolder& folder,
                       const vm::Settings& settings, Progress& waiting,
                       const power::Settings* running = nullptr);

// Sets whether the guest may use shared folders at all.
void enable_shared_folders(const boost::filesystem::path& vmx, bool enabled,
                           const vm::Settings& settings, Progress& waiting,
                           const power::Settings* running = nullptr);

}  // namespace vix::ops
