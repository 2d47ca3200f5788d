// Merging a disk into the one child it has, when nothing needs the disk by itself any more.
//
// At every instant, and after a crash, the child's name leads to a disk that reads as before, under
// the content id that others know it by: data is copied while the child still covers it, and what
// makes the change is one rename or one block of a descriptor.
#pragma once

#include <boost/filesystem/path.hpp>

#include "base/progress.h"
#include "ops/disk_family.h"
#include "vm/settings.h"

namespace vix::ops {

// `child` reads as before and no longer stands on its parent, whose files are gone. The smaller of
// both is copied into the other. False, with nothing changed, where that cannot be done: one of
// them is compressed, ESX's or lies elsewhere.
bool merge_into_child(const DiskFamily& family, const DiskFamily::Id& child,
                      const vm::Settings& settings, Progress& progress);

// After a disk with an embedded descriptor got another name: that name in its own descriptor.
void rename_embedded_extent(const boost::filesystem::path& path,
                            const format::vmdk::Descriptor& descriptor,
                            const vm::Settings& settings);

}  // namespace vix::ops
