// Plans a copy or a child of a disk: its class, names, extents and descriptor. Pure functions: they
// read and write no file. Sizes are in sectors of 512 bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "format/vmdk/descriptor.h"
#include "vm/disks/disk.h"

namespace vix::ops {

struct ExtentPlan {
    std::string file_name;
    std::uint64_t begin_sector = 0;  // on the disk
    std::uint64_t sectors = 0;
};

struct DiskPlan {
    std::string descriptor_name;  // "disk-cl1.vmdk"
    bool embedded = false;        // the descriptor is in the only extent, which has that name
    bool sparse = false;
    bool compressed = false;    // streamOptimized
    bool preallocated = false;  // flat, with all blocks allocated
    std::vector<ExtentPlan> extents;
    format::vmdk::Descriptor descriptor;
};

// The layouts that a new disk can have, with vmware-vdiskmanager's numbers.
enum class DiskLayout {
    MonolithicSparse = 0,
    SplitSparse = 1,
    MonolithicFlat = 2,
    SplitFlat = 3,
    EsxFlat = 4,
    Stream = 5,
    EsxThin = 6,
};

struct NewDisk {
    std::uint64_t capacity_sectors = 0;
    std::string adapter;  // ddb.adapterType: ide, buslogic or lsilogic
};

// A disk of zeros in memory, with the disk database of a new one: plan_in_layout() plans the new
// disk, and build_disk() builds it.
vm::Disk blank_disk(const NewDisk& disk);

// Cylinders, heads and sectors for ddb.geometry, as VMware's products choose them.
struct Geometry {
    std::uint64_t cylinders;
    std::uint64_t heads;
    std::uint64_t sectors;
};
Geometry geometry_for(std::uint64_t capacity_sectors, const std::string& adapter);

// The sizes of the extents that a grown split disk gets at its end.
std::vector<std::uint64_t> more_extents(std::uint64_t sectors, bool sparse);

// The name of extent number `number` of a split disk: "disk-s001.vmdk", "disk-f001.vmdk".
std::string split_extent_name(const std::string& name, bool sparse, std::size_t number);

// Returns VMware's name for a clone's disk: "disk-cl1" for "disk-000002", "disk-cl2" for
// "disk-cl1". Skips names in `taken`, which it compares without case, and adds its result to them.
std::string clone_disk_name(const std::string& source_stem, std::set<std::string>& taken);

// Returns "disk" for "disk-000002".
std::string without_snapshot_number(const std::string& stem);

// Returns the name with the lowest free number, such as "disk-000002", for the stem "disk" or
// "disk-000001".
std::string snapshot_disk_name(const std::string& source_stem,
                               const std::function<bool(const std::string& name)>& taken);

// Plans an empty child of `parent`: sparse, monolithic or split like the parent, or with fewer
// extents if QEMU could not write to so many (see doc/qemu-writes.md). `hint` is the child's name
// for the parent. Throws VIX_E_DISK_PARENT_NOTALLOWED for a compressed parent or one of ESX's
// types, VIX_E_DISK_NEEDSREPAIR for one without a content id, and VIX_E_DISK_TOOMANYREDO.
DiskPlan plan_child(const vm::Disk& parent, const std::string& name, const std::string& hint);

// Plans a complete copy of `disk` without parents, in the class of its base disk, with new
// identities. Its extents follow the rules for a child, so QEMU can write to it.
DiskPlan plan_disk(const vm::Disk& disk, const std::string& name);

// The same in the given layout.
DiskPlan plan_in_layout(const vm::Disk& disk, const std::string& name, DiskLayout layout);

}  // namespace vix::ops
