#include "ops/disks/disk_plan.h"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "format/vmdk/qemu_descriptor.h"
#include "format/vmdk/sparse_writer.h"
#include "vm/machine/identity.h"

namespace vix::ops {
namespace {

using format::vmdk::Descriptor;
using format::vmdk::ExtentLine;
using format::vmdk::ExtentType;
using format::vmdk::kQemuDescriptorLimit;
using vm::DiskClass;

// Sizes of the extents of new split disks, in sectors. Since Workstation 8 (hardware version 8) a
// sparse extent maps 127 full grain tables; before that it was smaller than 2 GiB, as flat ones
// still are.
constexpr std::uint64_t kSplitSparse = 8323072;
constexpr std::uint64_t kOldSplitSparse = 4192256;
constexpr std::uint64_t kSplitFlat = 4193792;
constexpr std::uint64_t kFirstHardwareOfLargeSplit = 8;

// A sparse extent holds less than 2 TiB.
constexpr std::uint64_t kMostJoined = std::uint64_t{1} << 30;
constexpr std::size_t kRoomForIdentity = 256;  // of a descriptor, for uuid and the hint's key

constexpr std::uint64_t kMaxIdeCylinders = 16383;

bool is_split(DiskClass type) {
    return type == DiskClass::SplitSparse || type == DiskClass::SplitFlat;
}

const char* create_type(DiskClass type) {
    switch (type) {
        case DiskClass::MonolithicSparse:
            return "monolithicSparse";
        case DiskClass::SplitSparse:
            return "twoGbMaxExtentSparse";
        case DiskClass::MonolithicFlat:
            return "monolithicFlat";
        case DiskClass::SplitFlat:
            break;
    }
    return "twoGbMaxExtentFlat";
}

// Drops keys that identify this disk or its maker, and keys that only ESX uses.
bool survives_cloning(const std::string& ddb_name) {
    static constexpr std::string_view kDropped[] = {"longContentID",
                                                    "uuid",
                                                    "uuid.image",
                                                    "uuid.parent",
                                                    "encoding",
                                                    "uuid.modification",
                                                    "uuid.parentmodification",
                                                    "thinProvisioned",
                                                    "isDigest",
                                                    "nativeParentHint"};
    return std::none_of(std::begin(kDropped), std::end(kDropped),
                        [&](std::string_view name) { return equal_ignoring_case(name, ddb_name); });
}

bool is_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::vector<std::uint64_t> split_sizes(std::uint64_t capacity, std::uint64_t most) {
    std::vector<std::uint64_t> sizes(capacity / most, most);
    if (capacity % most != 0) sizes.push_back(capacity % most);
    return sizes;
}

// Keeps the split of the base disk, including the short extent inside a disk that was grown.
std::vector<std::uint64_t> extent_sizes(const vm::Disk& disk) {
    if (!is_split(disk.disk_class)) return {disk.capacity_sectors};
    const Descriptor& base = disk.chain.back().descriptor;
    if (to_lower(base.create_type).find("gbmaxextent") != std::string::npos) {
        std::vector<std::uint64_t> sizes;
        for (const ExtentLine& extent : base.extents) sizes.push_back(extent.sectors);
        return sizes;
    }
    if (disk.disk_class == DiskClass::SplitFlat)
        return split_sizes(disk.capacity_sectors, kSplitFlat);
    const auto hardware = parse_number(base.find_ddb("virtualHWVersion").value_or(""));
    const bool old = hardware && *hardware < kFirstHardwareOfLargeSplit;
    return split_sizes(disk.capacity_sectors, old ? kOldSplitSparse : kSplitSparse);
}

bool is_ide(const std::string& adapter) {
    return equal_ignoring_case(adapter, "ide");
}

bool has(const Descriptor& descriptor, const std::string& name) {
    return descriptor.find_ddb(name).has_value();
}

// VMware refuses a disk without adapter and geometry. Disks of other products can lack them.
void add_missing_ddb(Descriptor& descriptor, std::uint64_t capacity) {
    auto& ddb = descriptor.ddb;
    if (!has(descriptor, "adapterType")) ddb.emplace_back("adapterType", "lsilogic");
    if (!has(descriptor, "virtualHWVersion")) ddb.emplace_back("virtualHWVersion", "4");
    if (has(descriptor, "geometry.cylinders")) return;
    const bool ide = is_ide(descriptor.find_ddb("adapterType").value_or(""));
    const std::uint64_t heads = ide ? 16 : 255;
    const std::uint64_t sectors = 63;
    std::uint64_t cylinders = std::max<std::uint64_t>(1, capacity / (heads * sectors));
    if (ide) cylinders = std::min(cylinders, kMaxIdeCylinders);
    std::erase_if(
        ddb, [](const auto& entry) { return starts_with_ignoring_case(entry.first, "geometry."); });
    ddb.emplace_back("geometry.cylinders", std::to_string(cylinders));
    ddb.emplace_back("geometry.heads", std::to_string(heads));
    ddb.emplace_back("geometry.sectors", std::to_string(sectors));
}

// Makes the parts that every new disk has: a new content id, its extents, and the settings of its
// source.
Descriptor new_descriptor(const vm::Disk& disk, const DiskPlan& plan, DiskClass type) {
    Descriptor descriptor;
    const vm::ContentId content = vm::new_content_id();
    descriptor.cid = content.cid;
    descriptor.create_type = create_type(type);
    for (const ExtentPlan& extent : plan.extents) {
        ExtentLine line;
        line.sectors = extent.sectors;
        line.type = plan.sparse ? ExtentType::Sparse : ExtentType::Flat;
        line.name = extent.file_name;
        descriptor.extents.push_back(line);
    }
    for (const auto& [name, value] : disk.merged_ddb()) {
        if (survives_cloning(name)) descriptor.ddb.emplace_back(name, value);
    }
    descriptor.ddb.emplace_back("longContentID", content.long_id);
    add_missing_ddb(descriptor, disk.capacity_sectors);
    return descriptor;
}

DiskPlan plan_layout(const std::string& name, DiskClass type,
                     const std::vector<std::uint64_t>& sizes) {
    DiskPlan plan;
    plan.descriptor_name = name + ".vmdk";
    plan.embedded = type == DiskClass::MonolithicSparse;
    plan.sparse = type == DiskClass::MonolithicSparse || type == DiskClass::SplitSparse;
    std::uint64_t begin = 0;
    for (const std::uint64_t sectors : sizes) {
        const std::size_t number = plan.extents.size() + 1;
        const std::string file_name = plan.embedded ? plan.descriptor_name
                                      : !is_split(type)
                                          ? name + "-flat.vmdk"
                                          : split_extent_name(name, plan.sparse, number);
        plan.extents.push_back({file_name, begin, sectors});
        begin += sectors;
    }
    return plan;
}

// QEMU confuses extents if one ends inside a grain, so each extent begins at a grain boundary.
std::vector<std::uint64_t> in_whole_grains(const std::vector<std::uint64_t>& sizes) {
    const std::uint64_t capacity = std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
    std::vector<std::uint64_t> whole;
    std::uint64_t end = 0;
    std::uint64_t begin = 0;
    for (const std::uint64_t size : sizes) {
        end += size;
        const std::uint64_t moved = std::min(capacity, round_up(end, format::vmdk::kGrainSectors));
        if (moved > begin) whole.push_back(moved - std::exchange(begin, moved));
    }
    return whole;
}

// Joins each pair of neighbours, so half of the extents remain.
std::vector<std::uint64_t> joined(const std::vector<std::uint64_t>& sizes) {
    std::vector<std::uint64_t> fewer;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        if (i % 2 == 0) fewer.push_back(0);
        fewer.back() += sizes[i];
    }
    return fewer;
}

// Plans a split sparse disk with the given extents, or with fewer if QEMU would truncate the
// descriptor. `more`: bytes that the caller will still add to the descriptor.
DiskPlan plan_split_sparse(const vm::Disk& disk, const std::string& name,
                           const std::vector<std::uint64_t>& asked, std::size_t more) {
    std::vector<std::uint64_t> sizes = in_whole_grains(asked);
    for (;; sizes = joined(sizes)) {
        DiskPlan plan = plan_layout(name, DiskClass::SplitSparse, sizes);
        plan.descriptor = new_descriptor(disk, plan, DiskClass::SplitSparse);
        const bool fits = to_text(plan.descriptor).size() + more < kQemuDescriptorLimit;
        if (fits || sizes.front() > kMostJoined || sizes.size() == 1) return plan;
    }
}

DiskPlan plan_described(const vm::Disk& disk, const std::string& name, DiskClass type,
                        const std::vector<std::uint64_t>& sizes, std::size_t more) {
    if (type == DiskClass::SplitSparse) return plan_split_sparse(disk, name, sizes, more);
    DiskPlan plan = plan_layout(name, type, sizes);
    plan.descriptor = new_descriptor(disk, plan, type);
    return plan;
}

// Hosted products allow children only of the types that they write.
bool may_be_parent(const Descriptor& descriptor) {
    static constexpr std::string_view kTypes[] = {"monolithicSparse",     "monolithicFlat",
                                                  "twoGbMaxExtentSparse", "twoGbMaxExtentFlat",
                                                  "2GbMaxExtentSparse",   "2GbMaxExtentFlat"};
    return std::any_of(std::begin(kTypes), std::end(kTypes), [&](std::string_view type) {
        return equal_ignoring_case(type, descriptor.create_type);
    });
}

DiskClass class_for(DiskLayout layout) {
    switch (layout) {
        case DiskLayout::SplitSparse:
            return DiskClass::SplitSparse;
        case DiskLayout::MonolithicFlat:
        case DiskLayout::EsxFlat:
        case DiskLayout::EsxThin:
            return DiskClass::MonolithicFlat;
        case DiskLayout::SplitFlat:
            return DiskClass::SplitFlat;
        case DiskLayout::MonolithicSparse:
        case DiskLayout::Stream:
            break;
    }
    return DiskClass::MonolithicSparse;
}

// A disk of the same class keeps its split; another gets that of today's products.
std::vector<std::uint64_t> sizes_in_class(const vm::Disk& disk, DiskClass type) {
    if (!is_split(type)) return {disk.capacity_sectors};
    if (type == disk.disk_class) return extent_sizes(disk);
    return more_extents(disk.capacity_sectors, type == DiskClass::SplitSparse);
}

void turn_into_esx(DiskPlan& plan, bool thin) {
    plan.descriptor.create_type = "vmfs";
    for (ExtentLine& line : plan.descriptor.extents) line.type = ExtentType::Vmfs;
    if (thin) plan.descriptor.ddb.emplace_back("thinProvisioned", "1");
}

}  // namespace

std::string split_extent_name(const std::string& name, bool sparse, std::size_t number) {
    char suffix[32];
    std::snprintf(suffix, sizeof suffix, "-%c%03zu.vmdk", sparse ? 's' : 'f', number);
    return name + suffix;
}

std::vector<std::uint64_t> more_extents(std::uint64_t sectors, bool sparse) {
    return split_sizes(sectors, sparse ? kSplitSparse : kSplitFlat);
}

Geometry geometry_for(std::uint64_t capacity_sectors, const std::string& adapter) {
    constexpr std::uint64_t kGigabyte = std::uint64_t{1} << 21;  // in sectors
    Geometry geometry{0, 255, 63};
    if (is_ide(adapter)) {
        geometry.heads = 16;
    } else if (capacity_sectors < 2 * kGigabyte) {
        geometry = {0, capacity_sectors < kGigabyte ? std::uint64_t{64} : 128, 32};
    }
    geometry.cylinders =
        std::max<std::uint64_t>(1, capacity_sectors / (geometry.heads * geometry.sectors));
    if (is_ide(adapter)) geometry.cylinders = std::min(geometry.cylinders, kMaxIdeCylinders);
    return geometry;
}

vm::Disk blank_disk(const NewDisk& disk) {
    const Geometry geometry = geometry_for(disk.capacity_sectors, disk.adapter);
    vm::DiskLink link;
    ExtentLine zeros;
    zeros.type = ExtentType::Zero;
    zeros.sectors = disk.capacity_sectors;
    link.descriptor.extents.push_back(zeros);
    link.descriptor.ddb = {{"adapterType", disk.adapter},
                           {"geometry.cylinders", std::to_string(geometry.cylinders)},
                           {"geometry.heads", std::to_string(geometry.heads)},
                           {"geometry.sectors", std::to_string(geometry.sectors)}};
    vm::Disk blank;
    blank.chain.push_back(std::move(link));
    blank.capacity_sectors = disk.capacity_sectors;
    blank.disk_class = DiskClass::MonolithicFlat;
    return blank;
}

DiskPlan plan_in_layout(const vm::Disk& disk, const std::string& name, DiskLayout layout) {
    const DiskClass type = class_for(layout);
    DiskPlan plan = plan_described(disk, name, type, sizes_in_class(disk, type), kRoomForIdentity);
    plan.descriptor.ddb.emplace_back("uuid", vm::new_disk_uuid());
    plan.preallocated = !plan.sparse && layout != DiskLayout::EsxThin;
    if (layout == DiskLayout::EsxFlat || layout == DiskLayout::EsxThin) {
        turn_into_esx(plan, layout == DiskLayout::EsxThin);
    } else if (layout == DiskLayout::Stream) {
        plan.compressed = true;
        plan.descriptor.create_type = "streamOptimized";
    }
    return plan;
}

std::string without_snapshot_number(const std::string& stem) {
    const std::size_t length = 7;  // "-000001"
    if (stem.size() <= length || stem[stem.size() - length] != '-') return stem;
    if (!is_digits(std::string_view{stem}.substr(stem.size() - length + 1))) return stem;
    return stem.substr(0, stem.size() - length);
}

std::string clone_disk_name(const std::string& source_stem, std::set<std::string>& taken) {
    std::string stem = without_snapshot_number(source_stem);
    std::uint64_t number = 1;
    const auto mark = stem.rfind("-cl");
    if (mark != std::string::npos && mark > 0 && is_digits(stem.substr(mark + 3))) {
        number = parse_number(stem.substr(mark + 3)).value_or(0) + 1;
        stem.erase(mark);
    }
    // A descriptor cannot contain quotes and line breaks in a name.
    std::replace_if(
        stem.begin(), stem.end(), [](char c) { return c == '"' || c == '\n' || c == '\r'; }, '_');
    for (;; ++number) {
        std::string name = stem + "-cl" + std::to_string(number);
        if (taken.insert(fold_case(name)).second) return name;
    }
}

DiskPlan plan_disk(const vm::Disk& disk, const std::string& name) {
    DiskPlan plan =
        plan_described(disk, name, disk.disk_class, extent_sizes(disk), kRoomForIdentity);
    plan.descriptor.ddb.emplace_back("uuid", vm::new_disk_uuid());
    return plan;
}

std::string snapshot_disk_name(const std::string& source_stem,
                               const std::function<bool(const std::string& name)>& taken) {
    const std::string stem = without_snapshot_number(source_stem);
    for (unsigned number = 1;; ++number) {
        char suffix[16];
        std::snprintf(suffix, sizeof suffix, "-%06u", number);
        if (!taken(stem + suffix)) return stem + suffix;
    }
}

DiskPlan plan_child(const vm::Disk& parent, const std::string& name, const std::string& hint) {
    const vm::DiskLink& link = parent.chain.front();
    if (!may_be_parent(link.descriptor)) {
        throw Error{VIX_E_DISK_PARENT_NOTALLOWED,
                    link.path.string() + " has the type " + link.descriptor.create_type +
                        ", which cannot have child disks. Make a full clone and use that"};
    }
    if (parent.chain.size() >= vm::kMaxChain) {
        throw Error{VIX_E_DISK_TOOMANYREDO,
                    link.path.string() + " already depends on " +
                        std::to_string(parent.chain.size() - 1) +
                        " parents, which is the limit. Remove snapshots first"};
    }
    if (!link.descriptor.cid) {
        throw Error{VIX_E_DISK_NEEDSREPAIR,
                    link.path.string() + " has no content id (CID), so it cannot have child disks"};
    }
    std::vector<std::uint64_t> sizes;
    for (const ExtentLine& extent : link.descriptor.extents) sizes.push_back(extent.sectors);
    const std::string type_name = to_lower(link.descriptor.create_type);
    const bool split = type_name.find("gbmaxextent") != std::string::npos;
    const DiskClass type = split ? DiskClass::SplitSparse : DiskClass::MonolithicSparse;
    if (!split) sizes.assign(1, parent.capacity_sectors);
    DiskPlan plan = plan_described(parent, name, type, sizes, hint.size() + kRoomForIdentity);
    std::erase_if(plan.descriptor.ddb,
                  [](const auto& entry) { return equal_ignoring_case(entry.first, "deletable"); });
    plan.descriptor.parent_cid = *link.descriptor.cid;
    plan.descriptor.parent_hint = hint;
    return plan;
}

}  // namespace vix::ops
