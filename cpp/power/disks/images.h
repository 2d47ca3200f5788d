// The files behind a virtual machine's drives, and whether they may be written. QEMU gets only
// disks that power/disks/disk_verdict allows. A disk that a snapshot or a linked clone depends on
// is never served for writing: QEMU gives a disk a new content id at its first write, which would
// cut off everything that depends on it.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

#include "power/disks/disk_verdict.h"
#include "power/domain/drives.h"
#include "vm/disks/disk.h"
#include "vm/machine/machine.h"

namespace vix::power {

struct Image {
    std::string name;  // the name of its export
    // The disk first, its base last, one file each. An image that is not a VMDK is alone.
    std::vector<boost::filesystem::path> chain;
    bool vmdk = true;
    bool writable = true;
    boost::filesystem::path scratch;  // gets the writes instead; empty: the image does
    std::size_t files = 1;            // open files while it is served
    DiskMending mending = {};         // repairs before it is served for writing
    bool long_descriptor = false;     // see DiskVerdict
};

// Finds the images of the drives, also of those that start without theirs. A missing CD or floppy
// image, or an empty name, leaves its drive empty, as in VMware. Errors: those of vm::open_disk(),
// check_disk() and of extents that cannot be read; VIX_E_SNAPSHOT_INCONSISTENT for a disk that a
// snapshot or linked clone depends on.
std::vector<Image> find_images(const vm::Machine& machine, std::vector<Drive>& drives,
                               std::vector<std::string>& notes);

}  // namespace vix::power
