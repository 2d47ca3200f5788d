// Merges a disk into its only child when nothing needs the disk itself any more.
//
// At every point, and after a crash, the child's name leads to a disk with the same content and the
// content id that others know. Data is copied while the child still covers it. The change itself is
// one rename or one block of a descriptor.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>

#include "base/progress.h"
#include "ops/snapshots/disk_family.h"
#include "vm/machine/settings.h"

namespace vix::ops {

// Afterwards `child` reads as before, no longer depends on its parent, and the parent's files are
// deleted. Copies the smaller disk into the larger one, or a child into its flat parent; if the
// folders differ, the parent into the child. Returns false and changes nothing if a merge is
// impossible: one of the disks is ESX's or not the machine's own, neither can be changed in place,
// or another machine depends on the parent.
bool merge_into_child(const DiskFamily& family, const DiskFamily::Id& child,
                      const vm::Settings& settings, Progress& progress);

// Writes what `source` itself holds over `target`, the path of a disk of the same size.
void copy_link(const vm::DiskLink& source, const boost::filesystem::path& target,
               const std::vector<boost::filesystem::path>& search, const vm::Settings& settings,
               Progress& progress);

// True if the kind and the owners of both disks allow a merge of this child and its parent.
bool may_be_merged(const DiskFamily& family, const DiskFamily::Id& child);

// Estimates the bytes that merge_into_child() copies.
std::uint64_t bytes_to_merge(const DiskFamily& family, const DiskFamily::Id& child,
                             const vm::Settings& settings);

// Renames a disk with an embedded descriptor in two steps, so that every name agrees with the
// content of its file at any time. First a separate descriptor takes the new name and refers to the
// file as its extent. When nothing uses the old name any more, the second step moves the file to
// the new name.
void point_to_monolithic(const boost::filesystem::path& file, const boost::filesystem::path& name,
                         format::vmdk::Descriptor descriptor, const vm::Settings& settings);
void settle_monolithic(const boost::filesystem::path& file, const boost::filesystem::path& name,
                       const format::vmdk::Descriptor& descriptor, const vm::Settings& settings);

// Writes the descriptor into the file that embeds it. `name`: the name that the file has or will
// get. Throws VIX_E_DISK_NOTSUPPORTED if there is no room for it.
void write_embedded(const boost::filesystem::path& path, const boost::filesystem::path& name,
                    format::vmdk::Descriptor descriptor, const vm::Settings& settings);

// Returns the extent of a disk whose rename stopped between the two steps.
std::optional<boost::filesystem::path> half_renamed(const vm::DiskLink& link,
                                                    const vm::Settings& settings);

}  // namespace vix::ops
