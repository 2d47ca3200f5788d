// The working folder of a machine: where its snapshot states and its suspend state are. The .vmx
// names it as workingDir; the default is the machine's folder. New disks of snapshots are next to
// their parents, unless snapshot.redoNotWithParent is TRUE.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>

#include "vm/machine/machine.h"

namespace vix::vm {

// Throws VIX_E_FILE_NOT_FOUND if the folder does not exist or is not a folder, and
// VIX_E_FILE_NAME_INVALID if it is on a drive that is not mapped.
boost::filesystem::path working_folder(const Machine& machine);

// The same for readers: returns nothing where working_folder() throws. What the folder holds is
// then unknown.
std::optional<boost::filesystem::path> find_working_folder(const Machine& machine);

// Whether the working folder is the folder of the .vmx.
bool works_in_own_folder(const Machine& machine);

// Returns the folder for a snapshot's new disk if that is not the folder of the disk that it
// depends on: the machine's folder, if snapshot.redoNotWithParent is TRUE and the machine works in
// its own folder.
std::optional<boost::filesystem::path> redo_folder(const Machine& machine);

// Throws VIX_E_NOT_SUPPORTED if snapshot.redoNotWithParent puts new disks into another working
// folder: removing a snapshot would move the base disk there.
void refuse_redo_elsewhere(const Machine& machine);

// Throws VIX_E_SNAPSHOT_CONFIG if another working folder has a snapshot list, and the one next to
// the .vmx is absent or has no snapshots. VMware's manuals name both folders as the place of the
// list.
void refuse_list_elsewhere(const Machine& machine);

// Returns the path of a file that the machine names, with or without a folder: the existing file in
// the machine's folder, else in the working folder; if neither exists, the path in the machine's
// folder.
boost::filesystem::path state_place(const NamedFile& named, const Machine& machine);

}  // namespace vix::vm
