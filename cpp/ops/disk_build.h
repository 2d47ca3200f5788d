// Builds a disk from its plan, each extent in the fastest possible way. Throws the errors of
// reading the source and of writing files.
#pragma once

#include <boost/filesystem/path.hpp>

#include "base/progress.h"
#include "ops/disk_plan.h"
#include "vm/disk.h"
#include "vm/settings.h"

namespace vix::ops {

// Writes the disk's files into `folder`. When it returns they are complete and, unless the settings
// say otherwise, synced. On failure the files are incomplete; the caller removes the folder.
void build_disk(const vm::Disk& source, const DiskPlan& plan, const boost::filesystem::path& folder,
                const vm::Settings& settings, Progress& progress);

// Makes an empty disk: a child of `parent` reads like its parent. Not synced.
void build_empty_disk(const vm::Disk& parent, const DiskPlan& plan,
                      const boost::filesystem::path& folder, Progress& progress);

}  // namespace vix::ops
