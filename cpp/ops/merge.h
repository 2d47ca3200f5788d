// Merging a disk into the one child it has, when nothing needs the disk by itself any more.
//
// At every instant, and after a crash, the child's name leads to a disk that reads as before, under
// the content id that others know it by: data is copied while the child still covers it, and what
// makes the change is one rename or one block of a descriptor.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>

#include "base/progress.h"
#include "ops/disk_family.h"
#include "vm/settings.h"

namespace vix::ops {

// `child` reads as before and no longer stands on its parent, whose files are gone. The smaller of
// both is copied into the other; of disks in different folders the parent into the child. False,
// with nothing changed, where that cannot be done: one of them is ESX's or not the machine's own,
// neither can be changed in place, or another machine stands on the parent.
bool merge_into_child(const DiskFamily& family, const DiskFamily::Id& child,
                      const vm::Settings& settings, Progress& progress);

// About what that has to copy.
std::uint64_t bytes_to_merge(const DiskFamily& family, const DiskFamily::Id& child,
                             const vm::Settings& settings);

// A disk whose descriptor is embedded gets another name in two steps, for whatever bears the name
// must agree with what is in it at any time. First a descriptor by itself bears it and names the
// file as its extent; then, when nobody goes by the old name any more, the file takes its place.
void point_to_monolithic(const boost::filesystem::path& file, const boost::filesystem::path& name,
                         format::vmdk::Descriptor descriptor, const vm::Settings& settings);
void settle_monolithic(const boost::filesystem::path& file, const boost::filesystem::path& name,
                       const format::vmdk::Descriptor& descriptor, const vm::Settings& settings);

// The file that a disk consists of whose renaming ended between the two steps.
std::optional<boost::filesystem::path> half_renamed(const vm::DiskLink& link,
                                                    const vm::Settings& settings);

}  // namespace vix::ops
