// Whether QEMU's VMDK driver may be given a disk, to read or to write. That driver opens disks that
// it then destroys or reads wrongly; doc/qemu-writes.md has the experiments behind each rule. The
// one place that decides: starting, resuming, snapshots of running machines and the image server
// ask it. Pure; power/disk_check gathers the facts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "format/vmdk/descriptor.h"

namespace vix::power {

enum class QemuUse { Read, Write };

// Facts about an extent that has grains. Those after entries_per_table exist for hosted ones alone.
struct GrainFacts {
    std::uint64_t capacity_sectors = 0;  // its header's
    std::uint64_t grain_sectors = 0;
    std::uint64_t entries_per_table = 0;
    bool compressed = false;
    bool markers = false;
    bool footer = false;
    bool whole = true;             // the file has all that its header says comes before grains
    bool damaged = false;          // a primary table or a directory was worked around
    std::string overlap;           // which of its parts lie on each other
    bool tables_missing = false;   // of either copy
    bool copies_differ = false;    // of tables that are there
    bool tracks_changes = false;   // the version of its header says so
    std::uint64_t descriptor = 0;  // sector
    std::uint64_t first_used = 0;  // sector: nothing of tables and grains lies below
};

struct ExtentFacts {
    format::vmdk::ExtentLine line;
    std::optional<GrainFacts> grains;
    bool where_qemu_looks = true;  // the file that QEMU opens by that name is the one we open
    bool shares_file = false;      // with another extent
};

struct LinkFacts {
    std::string path;
    bool embedded = false;
    format::vmdk::Descriptor descriptor;
    std::string text;  // the descriptor's, as in the file
    std::vector<ExtentFacts> extents;
};

// Repairs that a disk needs before QEMU writes to it. None of them changes its content.
struct DiskMending {
    bool change_tracking = false;  // the descriptor stops naming a file of changed areas
    bool descriptor = false;       // is written anew, with the same meaning
    std::vector<std::size_t> extents;
    bool needed() const { return change_tracking || descriptor || !extents.empty(); }
};

struct DiskVerdict {
    std::optional<Error> refusal;
    DiskMending mending;  // for QemuUse::Write alone
    // QEMU's first write is safe only with a QEMU that keeps long descriptors whole.
    bool long_descriptor = false;
};

// Refusals: VIX_E_DISK_NOTSUPPORTED for a kind or layout that QEMU reads wrongly or destroys,
// VIX_E_DISK_NEEDSREPAIR for one that is damaged. Their details name the way out.
DiskVerdict judge(const LinkFacts& link, QemuUse use);

}  // namespace vix::power
