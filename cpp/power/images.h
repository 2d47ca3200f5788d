// The files behind a virtual machine's drives, and whether they may be written. Of disks, QEMU gets
// only what power/disk_verdict allows. A disk that a
// snapshot or a linked clone stands on is never among those that are: QEMU gives a disk a new
// content id with its first write, which would cut off all that stands on it.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

#include "power/disk_verdict.h"
#include "power/drives.h"
#include "vm/config.h"
#include "vm/disk.h"
#include "vm/settings.h"

namespace vix::power {

struct Image {
    std::string name;  // of its export
    // The disk first, its base last, each in a file of its own; one that is no VMDK is alone.
    std::vector<boost::filesystem::path> chain;
    bool vmdk = true;
    bool writable = true;
    boost::filesystem::path scratch;  // takes what is written instead; empty: the image does
    std::size_t files = 1;            // that are open while it is served
    DiskMending mending = {};         // to be done before it is served to be written
    bool long_descriptor = false;     // see DiskVerdict
};

// Finds what the drives hold. A CD or floppy that is not there, or is an empty name, leaves its
// drive empty, as with VMware. Errors: those of vm::open_disk(), check_disk() and of extents that
// cannot be read; VIX_E_SNAPSHOT_INCONSISTENT for a disk that a snapshot or linked clone depends
// on.
std::vector<Image> find_images(const vm::Config& machine, std::vector<Drive>& drives,
                               const vm::Settings& settings, std::vector<std::string>& notes);

}  // namespace vix::power
