#include "power/disks/disk_check.h"

#include <set>

#include "base/units.h"
#include "format/vmdk/extent.h"
#include "format/vmdk/qemu_descriptor.h"
#include "format/vmdk/sparse_editor.h"
#include "format/vmdk/sparse_writer.h"
#include "format/vmdk/table_places.h"
#include "io/files/replacement.h"

namespace fs = boost::filesystem;

namespace vix::power {
namespace {

using format::vmdk::ExtentLine;
using format::vmdk::ExtentType;
using format::vmdk::GrainMap;
using format::vmdk::HostedHeader;

constexpr std::uint32_t kVersionWithTracking = 3;

// No arguments. Makes a disk with a descriptor longer than 10 KiB and writes to it. Exits with 0 if
// the descriptor still has its last line.
constexpr std::string_view kTryLongDescriptor = R"sh(
command -v qemu-io >/dev/null || exit 1
folder=$(mktemp -d) || exit 1
trap 'rm -rf -- "$folder"' EXIT
disk=$folder/long.vmdk
{
    printf '# Disk DescriptorFile\nversion=1\nCID=11111111\nparentCID=ffffffff\n'
    printf 'createType="monolithicFlat"\nRW 128 FLAT "long-flat.vmdk" 0\n'
    line=0
    while [ "$line" -lt 200 ]; do
        printf '# %0100d\n' "$line"
        line=$((line + 1))
    done
    printf 'ddb.last = "1"\n\n'
} >"$disk" || exit 1
head -c 65536 /dev/zero >"$folder/long-flat.vmdk" || exit 1
before=$(wc -c <"$disk")
qemu-io -f vmdk -c 'write -P 1 0 512' "$disk" >/dev/null 2>&1 || exit 1
head -c "$((before - 1))" "$disk" | tr '\0' '!' | grep -q '!' && exit 1
grep -q 'ddb.last = "1"' "$disk"
)sh";

void add_hosted_facts(GrainFacts& facts, const io::File& file, const GrainMap& map,
                      format::vmdk::GrainTables& tables) {
    const HostedHeader header = format::vmdk::read_header(file);
    const std::uint64_t file_sectors = divide_up(file.size(), kSectorSize);
    facts.compressed = map.compressed;
    facts.markers = (header.flags.value() & HostedHeader::kMarkers) != 0;
    facts.footer = format::vmdk::has_footer(file);
    facts.whole = header.overhead.value() <= file_sectors;
    facts.damaged = tables.worked_around();
    facts.copies_differ = tables.redundant_differs();
    facts.tracks_changes = header.version.value() >= kVersionWithTracking && !map.compressed;
    facts.descriptor = header.descriptor_offset.value();
    facts.first_used = tables.first_used_sector();
    if (facts.damaged || facts.compressed) return;
    const format::vmdk::TablePlaces places{file, map};
    facts.overlap = places.overlap(tables).value_or("");
    facts.tables_missing = places.incomplete();
    facts.first_used = std::min(facts.first_used, places.first_sector());
}

GrainFacts grain_facts(const ExtentLine& line, const std::shared_ptr<const io::File>& file) {
    const GrainMap map = format::vmdk::sparse_map(line, *file);
    format::vmdk::GrainTables tables{file, map};
    GrainFacts facts;
    facts.capacity_sectors = map.capacity;
    facts.grain_sectors = map.grain_sectors;
    facts.entries_per_table = map.entries_per_table;
    if (map.form == GrainMap::Form::Hosted) {
        add_hosted_facts(facts, *file, map, tables);
    } else {
        facts.entries_per_table = 0;  // fixed by the format; QEMU knows it
    }
    return facts;
}

bool has_grains(const ExtentLine& line) {
    return line.type == ExtentType::Sparse || line.type == ExtentType::VmfsSparse ||
           line.type == ExtentType::SeSparse;
}

std::shared_ptr<const io::File> open_extent_of(const vm::DiskLink& link, const ExtentLine& line,
                                               const vm::Settings& settings) {
    if (link.embedded) return std::make_shared<io::File>(io::File::open(link.path));
    return std::make_shared<io::File>(
        vm::open_extent_file({line.name, line.name_bytes}, link.folder(), settings));
}

ExtentFacts extent_facts(const vm::DiskLink& link, const ExtentLine& line,
                         std::set<io::FileIdentity>& known, const vm::Settings& settings) {
    ExtentFacts facts;
    facts.line = line;
    if (line.type == ExtentType::Zero || line.access == format::vmdk::Access::None) return facts;
    const auto file = open_extent_of(link, line, settings);
    const fs::path there = link.folder() / fs::path{line.name_bytes};
    facts.where_qemu_looks = link.embedded || io::identity_of(there) == file->identity();
    facts.shares_file = !known.insert(file->identity()).second;
    if (has_grains(line)) {
        facts.grains = grain_facts(line, file);
    } else {
        format::vmdk::open_extent(line, file);  // throws if the file is too short
    }
    return facts;
}

void mend_extent(const vm::DiskLink& link, const ExtentLine& line, const vm::Settings& settings) {
    const auto found = open_extent_of(link, line, settings);
    auto file = std::make_shared<io::File>(io::File::open_writable(found->path()));
    const GrainMap map = format::vmdk::hosted_map(*file, line.sectors);
    format::vmdk::TablePlaces places{*file, map};
    if (places.incomplete()) places.complete(*file, settings.durability);
    format::vmdk::SparseEditor editor{file, line.sectors};  // also stops change tracking
    editor.commit();                                        // makes both copies of the tables equal
    file->finish(settings.durability);
}

vm::DiskLink open_top(const fs::path& disk, const vm::Settings& settings) {
    std::vector<vm::DiskLink> chain;
    vm::ChainWalk alone;
    alone.is_known = [](const vm::DiskLink&) { return true; };
    vm::follow_chain(disk, {}, settings, chain, alone);
    return std::move(chain.front());
}

}  // namespace

LinkFacts facts_of(const vm::DiskLink& link, const vm::Settings& settings) {
    LinkFacts facts;
    facts.path = link.path.string();
    facts.embedded = link.embedded;
    facts.descriptor = link.descriptor;
    facts.text = vm::descriptor_text(link);
    std::set<io::FileIdentity> known;
    for (const ExtentLine& line : link.descriptor.extents) {
        facts.extents.push_back(extent_facts(link, line, known, settings));
    }
    return facts;
}

DiskVerdict check_disk(const std::vector<vm::DiskLink>& chain, QemuUse use,
                       const vm::Settings& settings) {
    DiskVerdict verdict = judge(facts_of(chain.front(), settings), use);
    if (verdict.refusal) throw Error{*verdict.refusal};
    for (std::size_t i = 1; i < chain.size(); ++i) {
        const auto parent = judge(facts_of(chain[i], settings), QemuUse::Read);
        if (parent.refusal) throw Error{*parent.refusal};
    }
    return verdict;
}

DiskVerdict check_new_top(const fs::path& disk, const vm::Settings& settings) {
    return check_disk({open_top(disk, settings)}, QemuUse::Write, settings);
}

void mend_disk(const fs::path& disk, const DiskMending& mending, const vm::Settings& settings) {
    const vm::DiskLink link = open_top(disk, settings);
    // The descriptor goes first: once it names no file of changed areas, no program takes that file
    // for complete.
    if (mending.descriptor) {
        io::replace_file(disk, to_text(link.descriptor), settings.durability);
    } else if (mending.change_tracking) {
        vm::stop_change_tracking(link, settings);
    }
    for (const std::size_t index : mending.extents) {
        mend_extent(link, link.descriptor.extents[index], settings);
    }
    if (!check_new_top(disk, settings).mending.needed()) return;
    throw Error{VIX_E_DISK_CANTREPAIR,
                disk.string() + " cannot be repaired for QEMU; make a full clone and start that"};
}

void require_long_descriptors(const fs::path& disk, const HostShell& host) {
    if (host.run(kTryLongDescriptor, {}).status == 0) return;
    throw Error{VIX_E_DISK_NOTSUPPORTED,
                disk.string() +
                    " has a descriptor longer than 10 KiB. The host's QEMU truncates such "
                    "descriptors when it writes, or the host has no qemu-io to test that. Install "
                    "a QEMU with the fix of 2025, or take a snapshot, so that the guest writes to "
                    "a disk with fewer extents"};
}

}  // namespace vix::power
