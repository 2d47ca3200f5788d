// Decides whether QEMU's VMDK driver may open a disk, to read or to write. The driver opens disks
// that it then destroys or reads wrongly; doc/qemu-writes.md has the experiments behind each rule.
// This is the only place that decides: starting, resuming, live snapshots and the image server use
// it. Pure; power/disks/disk_check gathers the facts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "format/vmdk/descriptor.h"

namespace vix::power {

enum class QemuUse { Read, Write };

// Facts about a sparse extent. The fields after entries_per_table are set for hosted extents only.
struct GrainFacts {
    std::uint64_t capacity_sectors = 0;  // as its header says
    std::uint64_t grain_sectors = 0;
    std::uint64_t entries_per_table = 0;
    bool compressed = false;
    bool markers = false;
    bool footer = false;
    bool whole = true;             // the file reaches the header's first grain
    bool damaged = false;          // a primary table or directory; the other copy was read
    std::string overlap;           // names parts that overlap; empty: none
    bool tables_missing = false;   // in either copy
    bool copies_differ = false;    // of existing tables
    bool tracks_changes = false;   // by the version of its header
    std::uint64_t descriptor = 0;  // sector
    std::uint64_t first_used = 0;  // sector: tables and grains begin here
};

struct ExtentFacts {
    format::vmdk::ExtentLine line;
    std::optional<GrainFacts> grains;
    bool where_qemu_looks = true;  // QEMU opens the same file by this name as we do
    bool shares_file = false;      // with another extent
};

struct LinkFacts {
    std::string path;
    bool embedded = false;
    format::vmdk::Descriptor descriptor;
    std::string text;  // the descriptor's bytes, as in the file
    std::vector<ExtentFacts> extents;
};

// Repairs that a disk needs before QEMU writes to it. None of them changes its content.
struct DiskMending {
    bool change_tracking = false;  // the descriptor must stop naming a file of changed areas
    bool descriptor = false;       // must be rewritten with the same meaning
    std::vector<std::size_t> extents;
    bool needed() const { return change_tracking || descriptor || !extents.empty(); }
};

struct DiskVerdict {
    std::optional<Error> refusal;
    DiskMending mending;  // for QemuUse::Write alone
    // QEMU's first write is safe only with a QEMU that does not truncate long descriptors.
    bool long_descriptor = false;
};

// Refusals: VIX_E_DISK_NOTSUPPORTED for a kind or layout that QEMU reads wrongly or destroys;
// VIX_E_DISK_NEEDSREPAIR for a damaged disk. Their details say what to do instead.
DiskVerdict judge(const LinkFacts& link, QemuUse use);

}  // namespace vix::power
