// Asks the verdict on each link of a disk's chain before QEMU gets it, and mends what can be
// mended.
#pragma once

#include "power/disk_verdict.h"
#include "power/host_shell.h"
#include "vm/disk.h"
#include "vm/settings.h"

namespace vix::power {

// Reads the headers and all tables of the link's extents. Errors as open_extent() and
// open_extent_file(): an extent that is unsound or that may not be read.
LinkFacts facts_of(const vm::DiskLink& link, const vm::Settings& settings);

// Throws the refusal of the first link that QEMU may not have. The disk itself is for `use`, its
// parents are read; gives the verdict on the disk itself. Changes nothing.
DiskVerdict check_disk(const std::vector<vm::DiskLink>& chain, QemuUse use,
                       const vm::Settings& settings);

// The same for a disk whose parents are served already.
DiskVerdict check_new_top(const boost::filesystem::path& disk, const vm::Settings& settings);

// Does what check_disk() said. The disk's content, and what it stands on, stay as they are, at any
// instant and after a crash. The caller has the lock on the disk. Throws the refusal if the disk is
// not ready for QEMU after that.
void mend_disk(const boost::filesystem::path& disk, const DiskMending& mending,
               const vm::Settings& settings);

// Error VIX_E_DISK_NOTSUPPORTED where the QEMU of that host would cut off `disk`'s descriptor,
// which is longer than 10 KiB: tried on a small disk of its own.
void require_long_descriptors(const boost::filesystem::path& disk, const HostShell& host);

}  // namespace vix::power
