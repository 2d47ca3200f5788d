// Builds a disk from its plan, each extent in the fastest possible way. Throws the errors of
// reading the source and of writing files.
#pragma once

#include <boost/filesystem/path.hpp>
#include <memory>

#include "base/progress.h"
#include "format/vmdk/sparse_writer.h"
#include "io/files/transfer.h"
#include "ops/disks/disk_plan.h"
#include "ops/disks/grain_copy.h"
#include "vm/disks/disk.h"
#include "vm/machine/settings.h"

namespace vix::ops {

// Writes the disk's files into `folder`. When it returns they are complete but not synced, which
// the caller's staging does for all its files at once. On failure they are incomplete; the caller
// removes the folder.
void build_disk(const vm::Disk& source, const DiskPlan& plan, const boost::filesystem::path& folder,
                const vm::Settings& settings, Progress& progress);

// The same, but reads everything that cannot be copied as a file and leaves grains of zeros out.
void build_compact_disk(const vm::Disk& source, const DiskPlan& plan,
                        const boost::filesystem::path& folder, const vm::Settings& settings,
                        Progress& progress);

// Allocates the wanted grains of a piece, and has `transfer` write them.
void store_grains(const std::shared_ptr<const GrainPiece>& piece,
                  format::vmdk::SparseWriter& writer, const std::shared_ptr<io::File>& target,
                  io::Transfer& transfer);

// Makes an empty disk: a child of `parent` reads like its parent. Not synced.
void build_empty_disk(const vm::Disk& parent, const DiskPlan& plan,
                      const boost::filesystem::path& folder, Progress& progress);

}  // namespace vix::ops
