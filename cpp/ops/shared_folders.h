// The folders of the host that a virtual machine's guest may see, as its .vmx lists them.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

#include "base/progress.h"
#include "vm/settings.h"

namespace vix::ops {

// A bit of SharedFolder::flags, VIX_SHAREDFOLDER_WRITE_ACCESS.
inline constexpr int kSharedFolderWritable = 4;

struct SharedFolder {
    std::string name;       // what the guest calls it
    std::string host_path;  // as the file has it
    int flags = 0;
};

// In the order of their indices. Errors: those of reading a .vmx.
std::vector<SharedFolder> shared_folders(const boost::filesystem::path& vmx,
                                         const vm::Settings& settings);

// The calls below change the .vmx of a machine that is off; besides their own errors they have
// VIX_E_VM_IS_RUNNING, VIX_E_NEED_KEY, VIX_E_CANCELLED while they wait for others, and those of
// reading it. Names are compared without regard
// to case.

// Errors: VIX_E_ALREADY_EXISTS for a name that is taken; VIX_E_INVALID_ARG for a name that is empty
// or has a separator, a path that is not absolute, flags that there are not; VIX_E_FILE_NOT_FOUND
// and VIX_E_INCORRECT_FILE_TYPE where the host path is no folder.
void add_shared_folder(const boost::filesystem::path& vmx, const SharedFolder& folder,
                       const vm::Settings& settings, Progress& waiting);

// Error VIX_E_NOT_FOUND. Those behind it move down by one index.
void remove_shared_folder(const boost::filesystem::path& vmx, const std::string& name,
                          const vm::Settings& settings, Progress& waiting);

// Gives the folder of that name another path and other flags. VIX_E_NOT_FOUND, and the errors of
// add_shared_folder for path and flags.
void set_shared_folder(const boost::filesystem::path& vmx, const SharedFolder& folder,
                       const vm::Settings& settings, Progress& waiting);

// Whether the guest may see any at all.
void enable_shared_folders(const boost::filesystem::path& vmx, bool enabled,
                           const vm::Settings& settings, Progress& waiting);

}  // namespace vix::ops
