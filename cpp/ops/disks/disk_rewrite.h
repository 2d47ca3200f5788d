// Changes how a disk is laid out on the host: defragments, shrinks and grows it.
//
// A new file is built beside each extent and replaces it by one rename. So at any moment, and after
// a crash, the disk is complete, with the old or the new layout of each extent. A crash may leave
// files
// `<extent>.vix-new`, which the next of these calls on the disk removes, and empty extents of a
// disk that was to grow, which the next growth uses. All throw as DiskChangeHold, and
// VIX_E_DISK_NOTSUPPORTED for a kind of disk that nobody can write to.
#pragma once

#include <cstdint>

#include "base/progress.h"
#include "ops/disks/disk_hold.h"

namespace vix::ops {

// Puts the grains of each sparse extent in their order, without gaps. Leaves flat extents, and
// those that are in order, as they are.
void defragment_disk(const DiskAt& disk, Progress& progress);

// The same, and leaves out grains of zeros where the disk then still reads as zeros.
void shrink_disk(const DiskAt& disk, Progress& progress);

// Adds zeros at the end of a base disk and gives it a new content id. Throws VIX_E_INVALID_ARG
// unless the capacity grows and is allowed, and VIX_E_DISK_PARTIALCHAIN for a delta.
void grow_disk(const DiskAt& disk, std::uint64_t capacity_sectors, Progress& progress);

// Rebuilds one sparse extent from what can be read of it.
void rebuild_extent(const vm::Disk& disk, std::size_t index, const vm::Settings& settings,
                    Progress& progress);

}  // namespace vix::ops
