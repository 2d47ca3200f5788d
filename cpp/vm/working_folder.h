// The working folder of a virtual machine: where its snapshots' states and the memory of a
// suspended machine go. The .vmx names it as workingDir; by default it is the machine's own folder.
// Disks that snapshots make lie beside their parents, unless snapshot.redoNotWithParent is TRUE:
// then they go to the working folder, too.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>

#include "vm/config.h"
#include "vm/settings.h"

namespace vix::vm {

// Errors: VIX_E_FILE_NOT_FOUND when the folder does not exist or is no folder,
// VIX_E_FILE_NAME_INVALID when it is on a drive that is not mapped.
boost::filesystem::path working_folder(const Config& machine, const Settings& settings);

// The same for readers: nothing where working_folder() would throw. What lies there cannot be told
// then.
std::optional<boost::filesystem::path> find_working_folder(const Config& machine,
                                                           const Settings& settings);

// Whether the working folder is the one that the .vmx lies in.
bool works_in_own_folder(const Config& machine, const Settings& settings);

// Where the new disk of a snapshot goes, if not beside the disk that it depends on. Errors as
// working_folder().
std::optional<boost::filesystem::path> redo_folder(const Config& machine, const Settings& settings);

// A file that a file of the machine names without a folder, or with one: in the machine's folder,
// else in the working folder, where it exists there; else in the machine's folder.
boost::filesystem::path state_place(const NamedFile& named, const Config& machine,
                                    const Settings& settings);

}  // namespace vix::vm
