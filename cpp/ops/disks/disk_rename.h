// Renames and deletes a disk, and marks it as deletable. Each throws as DiskChangeHold.
#pragma once

#include <boost/filesystem/path.hpp>

#include "base/progress.h"
#include "ops/disks/disk_hold.h"

namespace vix::ops {

// Gives the disk, its extents and what its machine says about it another name, in the same file
// system. The new names are hard links until nothing uses the old ones. So at any moment, and after
// a crash, the name in the .vmx leads to the whole disk; the same call again finishes the rest.
// Throws VIX_E_FILE_ALREADY_EXISTS if one of the new files exists, VIX_E_NOT_SUPPORTED across file
// systems, on one without hard links, and for extents outside the disk's folder.
void rename_disk(const DiskAt& disk, const boost::filesystem::path& to, Progress& progress);

// Deletes a disk that no machine names: its extents first, so that the same call again finishes
// after a crash. Throws VIX_E_OBJECT_IS_BUSY if a machine names it.
void delete_disk(const DiskAt& disk, Progress& progress);

// Sets ddb.deletable.
void make_deletable(const DiskAt& disk, Progress& progress);

}  // namespace vix::ops
