// Disks of every class that our reader accepts, usual and odd ones, with what they hold: what a
// guest is given to write to, or what is refused.
#pragma once

#include <string>
#include <vector>

#include "testing/temp_folder.h"

namespace vix::testing {

struct OddDisk {
    std::string content;  // every byte
    // libvmdk of 2020 knows no zeroed grains, no offsets of flat extents, no grains of two sizes.
    bool libvmdk_reads_it = true;
};

struct OddDiskClass {
    std::string name;
    // Writes "disk.vmdk" and what it consists of.
    OddDisk (*write)(const fs::path& folder);
};

// QEMU writes to these and damages nothing, as they are or once they are mended.
std::vector<OddDiskClass> writable_disk_classes();
// QEMU reads these as our reader does, but must not write to them.
std::vector<OddDiskClass> readable_disk_classes();
// QEMU reads these as other disks than they are, or not at all.
std::vector<OddDiskClass> unreadable_disk_classes();

// An empty child "top.vmdk" of "disk.vmdk", monolithic, of that size.
void write_child_of_disk(const fs::path& folder, std::uint64_t sectors);

}  // namespace vix::testing
