// Makes a disk by itself: an empty one, or a copy of any readable disk with its chain flattened.
// The new disk appears complete or not at all; its descriptor appears last.
#pragma once

#include <boost/filesystem/path.hpp>

#include "base/progress.h"
#include "ops/disks/disk_plan.h"
#include "vm/machine/settings.h"

namespace vix::ops {

// Makes an empty disk at `path`. Throws VIX_E_FILE_ALREADY_EXISTS if one of its files exists,
// VIX_E_INVALID_ARG for a capacity outside the limits below or a name that a descriptor cannot
// hold, and the errors of writing files.
void create_disk(const boost::filesystem::path& path, const NewDisk& disk, DiskLayout layout,
                 const vm::Settings& settings, Progress& progress);

// Makes a copy of `source` in the given layout. Grains of zeros are left out of a sparse copy. Also
// throws as vm::open_whole_disk() and DiskReadHold.
void convert_disk(const boost::filesystem::path& source, const boost::filesystem::path& path,
                  DiskLayout layout, const vm::Settings& settings, Progress& progress);

// In sectors, as vmware-vdiskmanager's usage gives them: 1 MB to 8192 GB, with buslogic 2040 GB.
inline constexpr std::uint64_t kLeastCapacity = std::uint64_t{1} << 11;
inline constexpr std::uint64_t kMostCapacity = std::uint64_t{8192} << 21;
inline constexpr std::uint64_t kMostBuslogicCapacity = std::uint64_t{2040} << 21;

// Throws VIX_E_INVALID_ARG.
void require_capacity(std::uint64_t sectors, const std::string& adapter);

// Throws VIX_E_INVALID_ARG unless a descriptor can name files that begin with the path's stem.
void require_disk_name(const boost::filesystem::path& path);

}  // namespace vix::ops
