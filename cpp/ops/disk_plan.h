// What a copy of a disk looks like: its class, names, extents and descriptor. Pure: nothing is read
// or written.
#pragma once

#include <cstdint>
#include <functional>
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

// "disk" of "disk-000002".
std::string without_snapshot_number(const std::string& stem);

// "disk-000002" for a stem of "disk" or "disk-000001": the lowest number for which `taken` says no.
std::string snapshot_disk_name(const std::string& source_stem,
                               const std::function<bool(const std::string& name)>& taken);

// An empty child of `parent`: sparse, in one piece or split as the parent is, or into fewer pieces
// where QEMU could not write to as many (see doc/qemu-writes.md). `hint` is what names
// the parent in it. Errors: VIX_E_DISK_PARENT_NOTALLOWED for a parent that is compressed or ESX's,
// VIX_E_DISK_NEEDSREPAIR for one without a content id, VIX_E_DISK_TOOMANYREDO.
DiskPlan plan_child(const vm::Disk& parent, const std::string& name, const std::string& hint);

// The whole, flattened copy of `disk`, of its base's class, with fresh identities. QEMU can write
// to it: its pieces are as those of a child.
DiskPlan plan_disk(const vm::Disk& disk, const std::string& name);

}  // namespace vix::ops
