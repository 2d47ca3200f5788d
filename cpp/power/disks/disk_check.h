// Checks the disks of a chain before QEMU opens them (the rules are in disk_verdict), and repairs
// what can be repaired. Only mend_disk() writes; it needs the caller's lock on the disk.
#pragma once

#include "power/disks/disk_verdict.h"
#include "power/libvirt/host_shell.h"
#include "vm/disks/disk.h"
#include "vm/machine/settings.h"

namespace vix::power {

// Reads the headers and all tables of the link's extents. Errors: those of open_extent() and
// open_extent_file(), for an extent that is damaged or cannot be read.
LinkFacts facts_of(const vm::DiskLink& link, const vm::Settings& settings);

// Throws the refusal of the first link that QEMU must not open. QEMU opens the disk itself for
// `use`, and its parents for reading. Returns the verdict on the disk itself. Changes nothing.
DiskVerdict check_disk(const std::vector<vm::DiskLink>& chain, QemuUse use,
                       const vm::Settings& settings);

// The same for writing to a disk whose parents are served already: checks this disk alone.
DiskVerdict check_new_top(const boost::filesystem::path& disk, const vm::Settings& settings);

// Performs the repairs that check_disk() returned. The disk reads the same and depends on the same
// parents at any instant, also after a crash. The caller holds the lock on the disk. Errors: the
// refusal, if QEMU must not open the repaired disk; VIX_E_DISK_CANTREPAIR if it still needs repair.
void mend_disk(const boost::filesystem::path& disk, const DiskMending& mending,
               const vm::Settings& settings);

// Error VIX_E_DISK_NOTSUPPORTED if the host's QEMU truncates descriptors longer than 10 KiB, such
// as that of `disk`. Finds out with a small disk of its own.
void require_long_descriptors(const boost::filesystem::path& disk, const HostShell& host);

}  // namespace vix::power
