// Tells from the locks on a machine's files whether it runs, and who runs it. Our engine holds the
// same locks as VMware's products. Reads only.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <vector>

#include "vm/machine/machine.h"

namespace vix::vm {

// Returns the folders of the locks that a running machine holds: for its .vmx, its disks and its
// memory.
std::vector<boost::filesystem::path> lock_folders(const Machine& machine);

// True if such a lock is on the .vmx itself, not only on a disk.
bool is_marked_itself(const Config& machine);
// True if such a lock is on the disk.
bool is_disk_marked(const Machine& machine, const DiskDevice& device);

// Describes for people who runs the machine: the holder of a live exclusive lock in VMware's form
// on its .vmx, a disk or its memory. Nothing means powered off.
std::optional<std::string> running_mark(const Machine& machine);

}  // namespace vix::vm
