// The working folder of a virtual machine: where its snapshots' states and the memory of a
// suspended machine go. The .vmx names it as workingDir; by default it is the machine's own folder.
// Disks that snapshots make lie beside their parents, unless snapshot.redoNotWithParent is TRUE.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>

#include "vm/config.h"
#include "vm/settings.h"

namespace vix::vm {

// Errors: VIX_E_FILE_NOT_FOUND when the folder does not exist or is no folder,
// VIX_E_FILE_NAME_INVALID when it is on a drive that is not mapped.
boost::filesystem::path working_folder(const Config& machine, const Settings& settings);

// The same for readers: nothing where working_folder() would throw. What lies there is unknown
// then.
std::optional<boost::filesystem::path> find_working_folder(const Config& machine,
                                                           const Settings& settings);

// Whether the working folder is the one that the .vmx lies in.
bool works_in_own_folder(const Config& machine, const Settings& settings);

// Where the new disk of a snapshot goes, if not beside the disk that it depends on: the machine's
// own folder, where snapshot.redoNotWithParent is TRUE and the machine works in that folder.
std::optional<boost::filesystem::path> redo_folder(const Config& machine, const Settings& settings);

// VIX_E_NOT_SUPPORTED where snapshot.redoNotWithParent sends new disks to a working folder
// elsewhere: a removed snapshot would move the base disk there.
void refuse_redo_elsewhere(const Config& machine, const Settings& settings);

// VIX_E_SNAPSHOT_CONFIG where a list of snapshots lies in a working folder elsewhere, and beside
// the .vmx there is none with snapshots: VMware's manuals say of both places that the list is
// there.
void refuse_list_elsewhere(const Config& machine, const Settings& settings);

// A file that a file of the machine names without a folder, or with one: in the machine's folder,
// else in the working folder, where it exists there; else in the machine's folder.
boost::filesystem::path state_place(const NamedFile& named, const Config& machine,
                                    const Settings& settings);

}  // namespace vix::vm
