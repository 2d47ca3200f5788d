// Builds a disk from its plan: every extent by the shortest way there is.
#pragma once

#include <boost/filesystem/path.hpp>

#include "base/progress.h"
#include "ops/disk_plan.h"
#include "vm/disk.h"
#include "vm/settings.h"

namespace vix::ops {

// Writes the disk's files into `folder`; they are whole (and, as the settings say, synced) when it
// returns. On failure they are what they are: the folder is the caller's to drop.
void build_disk(const vm::Disk& source, const DiskPlan& plan, const boost::filesystem::path& folder,
                const vm::Settings& settings, Progress& progress);

// A planned disk with nothing in it: for a child of `parent`, which reads as that. Not synced.
void build_empty_disk(const vm::Disk& parent, const DiskPlan& plan,
                      const boost::filesystem::path& folder, Progress& progress);

}  // namespace vix::ops
