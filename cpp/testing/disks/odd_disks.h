// Disks of every class that our reader accepts, usual and unusual ones, with their contents. They
// show to which disks a guest may write, and which are refused.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "testing/process/temp_folder.h"

namespace vix::testing {

struct OddDisk {
    std::string content;  // every byte
    // libvmdk of 2020 supports neither zeroed grains nor offsets of flat extents nor grains of two
    // sizes.
    bool libvmdk_reads_it = true;
};

struct OddDiskClass {
    std::string name;
    // Writes "disk.vmdk" and its extents.
    OddDisk (*write)(const fs::path& folder);
};

inline std::ostream& operator<<(std::ostream& out, const OddDiskClass& one) {
    return out << one.name;
}

// QEMU writes to these without damage, as they are or after they were repaired.
std::vector<OddDiskClass> writable_disk_classes();
// QEMU reads these as our reader does, but must not write to them.
std::vector<OddDiskClass> readable_disk_classes();
// QEMU reads these incorrectly or not at all.
std::vector<OddDiskClass> unreadable_disk_classes();

// Writes "top.vmdk", an empty monolithic child of "disk.vmdk", of the given size.
void write_child_of_disk(const fs::path& folder, std::uint64_t sectors);

}  // namespace vix::testing
