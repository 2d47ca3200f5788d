#include "power/disks/disk_verdict.h"

#include <algorithm>

#include "format/vmdk/qemu_descriptor.h"

namespace vix::power {
namespace {

using format::vmdk::Access;
using format::vmdk::ExtentLine;
using format::vmdk::ExtentType;

constexpr std::uint64_t kMostEntries = 512;
// QEMU reads the embedded descriptor at sector 1 and writes 20 sectors back there.
constexpr std::uint64_t kDescriptorPlace = 1;
constexpr std::uint64_t kDescriptorSectors = 20;
// A new content id can be longer than the old one by this many characters.
constexpr std::size_t kRoomForId = 8;

constexpr const char* kByClone = "; make a full clone and start that";
constexpr const char* kBySnapshotOrClone =
    "; take a snapshot, which gives it another disk to write to, or make a full clone";

using Fault = std::optional<std::string>;  // such as "QEMU ..."; nothing: no fault

Fault fault_of_form(const ExtentFacts& extent) {
    const GrainFacts& grains = *extent.grains;
    if (grains.entries_per_table > kMostEntries) {
        return "QEMU cannot read grain tables of " + std::to_string(grains.entries_per_table) +
               " entries";
    }
    if (grains.compressed && !grains.markers) {
        return "QEMU cannot read all compressed grains without markers";
    }
    return std::nullopt;
}

// QEMU takes an extent's size from its header. It lets a request run past the end of an extent that
// ends within a grain.
Fault fault_of_size(const ExtentFacts& extent, bool last) {
    const GrainFacts& grains = *extent.grains;
    if (grains.capacity_sectors != extent.line.sectors) {
        return "QEMU uses the size in its header, " + std::to_string(grains.capacity_sectors) +
               " sectors, instead of that in its descriptor, " +
               std::to_string(extent.line.sectors);
    }
    if (!last && extent.line.sectors % grains.grain_sectors != 0) {
        return "QEMU mixes it up with the next extent, because it ends within a grain";
    }
    return std::nullopt;
}

Fault fault_in_reading(const LinkFacts& link, std::size_t index) {
    const ExtentFacts& extent = link.extents[index];
    if (extent.line.access == Access::None) return "its descriptor allows no access to it";
    if (!extent.where_qemu_looks) return "QEMU looks for it at another path";
    if (!extent.grains) return std::nullopt;
    if (auto fault = fault_of_form(extent)) return fault;
    if (auto fault = fault_of_size(extent, index + 1 == link.extents.size())) return fault;
    const GrainFacts& grains = *extent.grains;
    if (grains.footer && !link.embedded) return "QEMU finds no footer in a disk of several files";
    if (link.embedded && grains.descriptor != kDescriptorPlace) {
        return "QEMU looks for its descriptor only at sector 1";
    }
    return std::nullopt;
}

const char* name_of_readonly_kind(const ExtentFacts& extent) {
    if (extent.line.type == ExtentType::VmfsSparse) return "an ESX delta";
    if (extent.line.type == ExtentType::SeSparse) return "a space-efficient ESX disk";
    return extent.grains && extent.grains->compressed ? "stream-optimized" : nullptr;
}

Fault fault_in_writing(const LinkFacts& link, const ExtentFacts& extent) {
    if (const char* kind = name_of_readonly_kind(extent)) {
        return std::string{"it is "} + kind + ", and QEMU would destroy it by writing";
    }
    if (extent.line.access != Access::ReadWrite) {
        return "its descriptor allows only reading it";
    }
    if (extent.shares_file)
        return "two of its extents are in one file, and QEMU cannot write to that";
    if (!extent.grains || !link.embedded) return std::nullopt;
    if (extent.grains->first_used <= kDescriptorSectors) {
        return "QEMU would write its descriptor over the tables behind it";
    }
    return std::nullopt;
}

Error refusal(const LinkFacts& link, const std::string& what, const std::string& why,
              const char* way_out) {
    return {VIX_E_DISK_NOTSUPPORTED, link.path + " cannot be " + what + ": " + why + way_out};
}

std::optional<Error> refusal_of_damage(const LinkFacts& link, const ExtentFacts& extent) {
    if (!extent.grains) return std::nullopt;
    const GrainFacts& grains = *extent.grains;
    const std::string name = link.embedded ? link.path : link.path + ", " + extent.line.name;
    std::string what;
    if (grains.damaged)
        what = "a grain table or directory is damaged, and QEMU does not use the other copy";
    if (!grains.whole) what = "the file ends before its first grain";
    if (what.empty()) return std::nullopt;
    return Error{VIX_E_DISK_NEEDSREPAIR, name + ": " + what + kByClone};
}

std::optional<Error> refusal_to_read(const LinkFacts& link) {
    if (auto fault = misread_by_qemu(link.text, link.descriptor, link.embedded)) {
        return refusal(link, "used", *fault, kByClone);
    }
    for (std::size_t i = 0; i < link.extents.size(); ++i) {
        if (auto damage = refusal_of_damage(link, link.extents[i])) return damage;
        if (auto fault = fault_in_reading(link, i)) {
            const std::string name =
                link.embedded ? "" : "the extent " + link.extents[i].line.name + ": ";
            return refusal(link, "used", name + *fault, kByClone);
        }
    }
    return std::nullopt;
}

std::optional<Error> refusal_to_write(const LinkFacts& link) {
    for (const ExtentFacts& extent : link.extents) {
        if (auto fault = fault_in_writing(link, extent)) {
            const char* way = name_of_readonly_kind(extent) ? kByClone : kBySnapshotOrClone;
            return refusal(link, "written", *fault, way);
        }
        if (extent.grains && !extent.grains->overlap.empty()) {
            return Error{VIX_E_DISK_NEEDSREPAIR,
                         link.path + ": " + extent.grains->overlap + kByClone};
        }
    }
    return std::nullopt;
}

// QEMU replaces the content id in place, so an embedded descriptor needs room for a longer one.
bool has_room_for_id(const LinkFacts& link) {
    if (!link.embedded) return true;
    const std::size_t used = link.text.find('\0');
    const std::size_t room =
        std::min<std::size_t>(link.text.size(), format::vmdk::kQemuDescriptorLimit);
    return used != std::string::npos && used + kRoomForId < room;
}

bool keeps_meaning(const LinkFacts& link) {
    return !misread_by_qemu(link.text, link.descriptor, link.embedded) &&
           survives_qemus_write(link.text, link.descriptor) && has_room_for_id(link);
}

// The disk with a rewritten descriptor that QEMU and other readers understand alike; nothing if
// there is none. An embedded descriptor is never rewritten: that would happen in place, and a crash
// could leave half of it.
std::optional<LinkFacts> with_plain_descriptor(const LinkFacts& link) {
    if (link.embedded) return std::nullopt;
    LinkFacts changed = link;
    changed.text = to_text(link.descriptor);
    changed.descriptor = format::vmdk::parse_descriptor(changed.text, link.path);
    const auto same_name = [](const ExtentFacts& extent, const ExtentLine& line) {
        return extent.line.name_bytes == line.name_bytes;
    };
    const auto& lines = changed.descriptor.extents;
    const bool same =
        std::equal(link.extents.begin(), link.extents.end(), lines.begin(), lines.end(), same_name);
    if (!same || !keeps_meaning(changed)) return std::nullopt;
    return changed;
}

DiskMending mending_of(const LinkFacts& link) {
    DiskMending mending;
    mending.change_tracking = format::vmdk::tracks_changes(link.text);
    for (std::size_t i = 0; i < link.extents.size(); ++i) {
        const auto& grains = link.extents[i].grains;
        if (!grains) continue;
        if (grains->tables_missing || grains->copies_differ || grains->tracks_changes) {
            mending.extents.push_back(i);
        }
    }
    return mending;
}

}  // namespace

DiskVerdict judge(const LinkFacts& link, QemuUse use) {
    DiskVerdict verdict;
    if (use == QemuUse::Read) {
        verdict.refusal = refusal_to_read(link);
        return verdict;
    }
    verdict.refusal = refusal_to_write(link);
    if (verdict.refusal) return verdict;
    const auto plain = keeps_meaning(link) ? std::nullopt : with_plain_descriptor(link);
    const LinkFacts& written = plain ? *plain : link;
    verdict.refusal = refusal_to_read(written);
    if (!verdict.refusal && !keeps_meaning(written)) {
        verdict.refusal = refusal(link, "written", "QEMU's first write would damage its descriptor",
                                  kBySnapshotOrClone);
    }
    verdict.mending = mending_of(written);
    verdict.mending.descriptor = plain.has_value();
    verdict.long_descriptor =
        !link.embedded && written.text.size() >= format::vmdk::kQemuDescriptorLimit;
    return verdict;
}

}  // namespace vix::power
