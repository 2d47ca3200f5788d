// What a copy of a disk looks like: its class, names, extents and descriptor. Pure: nothing is read
// or written.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "format/vmdk/descriptor.h"
#include "vm/disk.h"

namespace vix::ops {

struct ExtentPlan {
    std::string file_name;
    std::uint64_t begin_sector = 0;  // on the disk
    std::uint64_t sectors = 0;
};

struct DiskPlan {
    std::string descriptor_name;  // "disk-cl1.vmdk"
    bool embedded = false;        // the descriptor lies in the only extent, under that name
    bool sparse = false;
    std::vector<ExtentPlan> extents;
    format::vmdk::Descriptor descriptor;
};

// "disk-000002" -> "disk-cl1", "disk-cl1" -> "disk-cl2", as VMware names a clone's disks; counts on
// past names in `taken`, compared without case, and adds its choice to them.
std::string clone_disk_name(const std::string& source_stem, std::set<std::string>& taken);

// The whole, flattened copy of `disk`, of its base's class, with fresh identities.
DiskPlan plan_disk(const vm::Disk& disk, const std::string& name);

}  // namespace vix::ops
