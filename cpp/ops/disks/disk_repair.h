// Checks a disk and its chain, and repairs what can be repaired.
#pragma once

#include "base/progress.h"
#include "ops/disks/disk_hold.h"

namespace vix::ops {

// Reads every table of every link. Throws the first fault: as vm::open_whole_disk(), and
// VIX_E_DISK_NEEDSREPAIR for damaged tables.
void check_chain(const boost::filesystem::path& disk, const vm::Settings& settings);

// Checks the disk alone, and rebuilds each extent that has a fault from the sound copy of its
// tables. Returns false if there was no fault. A crash leaves the old or the new extent. Throws
// VIX_E_DISK_CANTREPAIR if data is lost: a truncated file, or grains that overlap. A disk that must
// be changed throws as DiskChangeHold.
bool repair_disk(const DiskAt& disk, Progress& progress);

}  // namespace vix::ops
