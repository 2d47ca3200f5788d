#include "format/vmdk/extent.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "format/vmdk/grain_tables.h"
#include "format/vmdk/zlib_stream.h"

namespace vix::format::vmdk {
namespace {

using io::File;

constexpr std::uint64_t kMaxCapacity = std::uint64_t{1} << 50;      // sectors; far above any disk
constexpr std::uint64_t kMaxGrainSectors = std::uint64_t{1} << 16;  // 32 MiB
constexpr std::uint64_t kMaxCompressedGrain = std::uint64_t{1} << 11;  // 1 MiB
constexpr std::uint64_t kLeastGrain = 8;                               // VMware's are larger
constexpr std::uint64_t kMaxEntriesPerTable = 4096;
constexpr unsigned char kNewlineTestBytes[] = {'\n', ' ', '\r', '\n'};

[[noreturn]] void invalid(const File& file, const std::string& what) {
    throw Error{VIX_E_DISK_INVALIDDISK, file.path().string() + ": " + what};
}

[[noreturn]] void needs_repair(const File& file, const std::string& what) {
    throw Error{VIX_E_DISK_NEEDSREPAIR, file.path().string() + ": " + what};
}

template <typename Struct>
Struct read_struct(const File& file, std::uint64_t offset) {
    Struct value;
    file.read_at(offset, std::as_writable_bytes(std::span{&value, 1}));
    return value;
}

class ZeroExtent : public Extent {
  public:
    explicit ZeroExtent(std::uint64_t sectors) : Extent{nullptr, sectors} {}

    Run run_at(std::uint64_t sector) override {
        Run run;
        run.kind = Run::Kind::Zero;
        run.sectors = sectors() - sector;
        return run;
    }
};

class FlatExtent : public Extent {
  public:
    FlatExtent(std::shared_ptr<const File> file, std::uint64_t sectors, std::uint64_t begin)
        : Extent{std::move(file), sectors}, begin_{begin} {}

    Run run_at(std::uint64_t sector) override {
        Run run;
        run.kind = Run::Kind::Data;
        run.sectors = sectors() - sector;
        run.file_offset = begin_ + sector * kSectorSize;
        return run;
    }

  private:
    std::uint64_t begin_;  // bytes
};

class GrainExtent : public Extent {
  public:
    GrainExtent(std::shared_ptr<const File> file, std::uint64_t sectors, const GrainMap& map,
                bool markers)
        : Extent{file, sectors}, tables_{std::move(file), map}, markers_{markers} {}

    void set_header(const HostedHeader& header) { header_ = header; }

    Run run_at(std::uint64_t sector) override {
        Run run = piece_at(sector);
        while (run.kind != Run::Kind::Compressed && sector + run.sectors < sectors()) {
            const Run next = piece_at(sector + run.sectors);
            if (!continues(run, next)) break;
            run.sectors += next.sectors;
        }
        return run;
    }

    std::uint64_t grain_bytes() const override { return tables_.map().grain_sectors * kSectorSize; }

    bool has_zeroed_grains() const override { return tables_.has_zeroed_grains(); }

    std::uint64_t first_used_sector() const override { return tables_.first_used_sector(); }

    // A copy is sound if nothing in the file had to be worked around and its layout is the usual
    // one.
    const HostedHeader* copyable_header() const override {
        const GrainMap& map = tables_.map();
        const bool usual = map.grain_sectors > kLeastGrain && map.entries_per_table == 512 &&
                           header_.overhead.value() >= tables_.metadata_end_sector() &&
                           header_.overhead.value() <= file()->size() / kSectorSize;
        const bool sound = map.form == GrainMap::Form::Hosted && !map.compressed && !markers_ &&
                           tables_.copies_agree() && header_.unclean_shutdown.value() == 0 &&
                           map.capacity == sectors() && usual;
        return sound ? &header_ : nullptr;
    }

    void read_compressed(const Run& run, std::span<std::byte> grain) const override;

  private:
    Run piece_at(std::uint64_t sector);

    static bool continues(const Run& run, const Run& next) {
        if (run.kind != next.kind) return false;
        return run.kind != Run::Kind::Data ||
               run.file_offset + run.sectors * kSectorSize == next.file_offset;
    }

    GrainTables tables_;
    bool markers_;
    HostedHeader header_{};
};

// The run within one grain, or the rest of a table that has no entries.
Run GrainExtent::piece_at(std::uint64_t sector) {
    const GrainMap& map = tables_.map();
    const std::uint64_t index = sector / map.table_sectors();
    const auto entries = tables_.table(index);
    Run run;
    if (entries.empty()) {
        run.sectors = std::min((index + 1) * map.table_sectors(), sectors()) - sector;
        return run;
    }
    const std::uint64_t within = sector % map.table_sectors();
    const std::uint64_t skip = within % map.grain_sectors;
    const GrainPlace grain = tables_.place(entries[within / map.grain_sectors]);
    run.sectors = std::min(map.grain_sectors - skip, sectors() - sector);
    if (grain.kind == GrainPlace::Kind::Zero) {
        run.kind = Run::Kind::Zero;
    } else if (grain.kind == GrainPlace::Kind::At && map.compressed) {
        run.kind = Run::Kind::Compressed;
        run.file_offset = grain.sector * kSectorSize;
        run.grain_sector = sector - skip;
        run.sectors_to_skip = skip;
    } else if (grain.kind == GrainPlace::Kind::At) {
        run.kind = Run::Kind::Data;
        run.file_offset = (grain.sector + skip) * kSectorSize;
    }
    return run;
}

// With markers, a grain's record states its sector and length. Without them, the zlib stream ends
// by itself.
void GrainExtent::read_compressed(const Run& run, std::span<std::byte> grain) const {
    std::uint64_t offset = run.file_offset;
    std::uint64_t length = std::min(grain.size() * 2, file()->size() - offset);
    const std::string what = "the compressed grain of sector " + std::to_string(run.grain_sector);
    if (markers_) {
        const auto marker = read_struct<Marker>(*file(), offset);
        offset += kGrainMarkerBytes;
        if (marker.value.value() != run.grain_sector)
            needs_repair(*file(), what + " belongs to another sector");
        if (marker.size.value() == 0 || marker.size.value() > grain.size() * 2) {
            needs_repair(*file(), what + " has an invalid length");
        }
        length = marker.size.value();
    }
    std::vector<std::byte> packed(length);
    file()->read_at(offset, packed);

    const auto unpacked = unpack_zlib(packed, grain);
    const std::uint64_t needed =
        std::min<std::uint64_t>(grain.size(), (sectors() - run.grain_sector) * kSectorSize);
    if (!unpacked || *unpacked < needed) needs_repair(*file(), what + " cannot be decompressed");
    std::fill(grain.begin() + static_cast<std::ptrdiff_t>(*unpacked), grain.end(), std::byte{0});
}

std::unique_ptr<Extent> open_flat(const ExtentLine& line, std::shared_ptr<const File> file) {
    const std::uint64_t begin = sectors_to_bytes(line.offset_sectors);
    const std::uint64_t end = checked_add(begin, sectors_to_bytes(line.sectors));
    if (end > file->size()) {
        needs_repair(*file, "the extent should end at byte " + std::to_string(end) +
                                ", but the file ends at byte " + std::to_string(file->size()));
    }
    return std::make_unique<FlatExtent>(std::move(file), line.sectors, begin);
}

void check_size(const File& file, const ExtentLine& line, std::uint64_t capacity) {
    if (capacity == 0 || capacity > kMaxCapacity) {
        invalid(file, "a capacity of " + std::to_string(capacity) + " sectors is invalid");
    }
    if (line.sectors > capacity) {
        invalid(file, "the descriptor claims " + std::to_string(line.sectors) +
                          " sectors, but the extent has " + std::to_string(capacity));
    }
}

void check_grain(const File& file, std::uint64_t grain_sectors, std::uint64_t most) {
    if (!std::has_single_bit(grain_sectors) || grain_sectors > most) {
        invalid(file, "a grain size of " + std::to_string(grain_sectors) + " sectors is invalid");
    }
}

// The footer of a stream repeats the header with the directory's real position: marker, footer, end
// marker.
HostedHeader read_footer(const File& file) {
    const std::uint64_t end = file.size() / kSectorSize * kSectorSize;
    if (end < 4 * kSectorSize) needs_repair(file, "the footer is missing");
    const auto marker = read_struct<Marker>(file, end - 3 * kSectorSize);
    const auto footer = read_struct<HostedHeader>(file, end - 2 * kSectorSize);
    const auto last = read_struct<Marker>(file, end - kSectorSize);
    const bool sound = marker.size.value() == 0 && marker.type.value() == Marker::kFooter &&
                       footer.magic.value() == HostedHeader::kMagic && last.value.value() == 0 &&
                       last.size.value() == 0 && last.type.value() == Marker::kEndOfStream;
    if (!sound) needs_repair(file, "the footer is missing");
    return footer;
}

void check_hosted(const File& file, const HostedHeader& header) {
    if (header.magic.value() != HostedHeader::kMagic) invalid(file, "this is not a sparse extent");
    if (header.version.value() == 0) invalid(file, "version 0 is invalid");
    if (header.version.value() > HostedHeader::kMaxVersion) {
        throw Error{VIX_E_DISK_UNSUPPORTEDDISKVERSION, file.path().string() + ": version " +
                                                           std::to_string(header.version.value()) +
                                                           " of sparse extents is not supported"};
    }
    if ((header.flags.value() & HostedHeader::kNewlineTest) != 0 &&
        !std::equal(std::begin(kNewlineTestBytes), std::end(kNewlineTestBytes),
                    header.newline_test)) {
        needs_repair(file, "the line ends in it were converted: it was copied as if it were text");
    }
    if (header.compression.value() > HostedHeader::kDeflate) {
        throw Error{VIX_E_DISK_NOTSUPPORTED, file.path().string() + ": compression algorithm " +
                                                 std::to_string(header.compression.value()) +
                                                 " is not supported"};
    }
    const bool compressed = header.compression.value() == HostedHeader::kDeflate;
    check_grain(file, header.grain_size.value(),
                compressed ? kMaxCompressedGrain : kMaxGrainSectors);
    const std::uint32_t entries = header.entries_per_table.value();
    if (entries == 0 || entries > kMaxEntriesPerTable) {
        invalid(file, "grain tables of " + std::to_string(entries) + " entries are invalid");
    }
}

HostedHeader read_hosted(const File& file) {
    auto header = read_struct<HostedHeader>(file, 0);
    if (has_footer(file)) header = read_footer(file);
    check_hosted(file, header);
    return header;
}

GrainMap map_of(const HostedHeader& header) {
    const std::uint32_t flags = header.flags.value();
    GrainMap map;
    map.form = GrainMap::Form::Hosted;
    map.capacity = header.capacity.value();
    map.grain_sectors = header.grain_size.value();
    map.entries_per_table = header.entries_per_table.value();
    map.directory = header.directory.value();
    if ((flags & HostedHeader::kRedundantTables) != 0) {
        map.redundant_directory = header.redundant_directory.value();
    }
    map.directory_entries = map.tables();
    map.zeroed_grains = (flags & HostedHeader::kZeroedGrains) != 0;
    map.compressed = header.compression.value() == HostedHeader::kDeflate;
    map.first_grain = map.compressed ? 1 : std::max<std::uint64_t>(1, header.overhead.value());
    return map;
}

std::unique_ptr<Extent> open_hosted(const ExtentLine& line, std::shared_ptr<const File> file) {
    const HostedHeader header = read_hosted(*file);
    check_size(*file, line, header.capacity.value());
    const bool markers = (header.flags.value() & HostedHeader::kMarkers) != 0;
    auto extent =
        std::make_unique<GrainExtent>(std::move(file), line.sectors, map_of(header), markers);
    extent->set_header(header);
    return extent;
}

GrainMap cowd_map(const File& file, const ExtentLine& line) {
    const auto header = read_struct<CowdHeader>(file, 0);
    if (header.magic.value() != CowdHeader::kMagic)
        invalid(file, "this is not an ESX sparse extent");
    if (header.version.value() != 1) {
        throw Error{VIX_E_DISK_UNSUPPORTEDDISKVERSION,
                    file.path().string() + ": version " + std::to_string(header.version.value()) +
                        " of ESX sparse extents is not supported"};
    }
    check_size(file, line, header.capacity.value());
    check_grain(file, header.grain_size.value(), kMaxGrainSectors);
    GrainMap map;
    map.form = GrainMap::Form::Cowd;
    map.capacity = header.capacity.value();
    map.grain_sectors = header.grain_size.value();
    map.entries_per_table = CowdHeader::kEntriesPerTable;
    map.directory = header.directory.value();
    map.directory_entries = header.directory_entries.value();
    map.first_grain = 1;
    return map;
}

// Only the positions distinguish tables from data, so no two parts may share a sector.
void check_sesparse_parts(const File& file, const SeSparseHeader& header) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> parts = {
        {0, 1},
        {header.volatile_header.value(), header.volatile_size.value()},
        {header.journal_header.value(), header.journal_header_size.value()},
        {header.journal.value(), header.journal_size.value()},
        {header.directory.value(), header.directory_size.value()},
        {header.tables.value(), header.tables_size.value()},
        {header.free_bitmap.value(), header.free_bitmap_size.value()},
        {header.backmap.value(), header.backmap_size.value()},
        {header.grains.value(), header.grains_size.value()}};
    std::sort(parts.begin(), parts.end());
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const auto [begin, size] = parts[i - 1];
        if (checked_add(begin, size) > parts[i].first)
            invalid(file, "two parts of the extent overlap");
    }
    const std::uint64_t file_sectors = file.size() / kSectorSize;
    for (const std::uint64_t begin : {header.volatile_header.value(), header.directory.value(),
                                      header.tables.value(), header.grains.value()}) {
        if (begin == 0) invalid(file, "the header lacks the position of a part");
        if (begin > file_sectors) needs_repair(file, "a part of the extent lies outside the file");
    }
}

void check_sesparse(const File& file, const SeSparseHeader& header) {
    if (header.magic.value() != SeSparseHeader::kMagic)
        invalid(file, "this is not a seSparse extent");
    const bool known = header.version.value() == SeSparseHeader::kVersion &&
                       header.grain_size.value() == SeSparseHeader::kGrainSectors &&
                       header.table_size.value() == SeSparseHeader::kTableSectors &&
                       header.flags.value() == 0;
    if (!known) {
        throw Error{VIX_E_DISK_UNSUPPORTEDDISKVERSION,
                    file.path().string() + ": this version of seSparse extents is not supported"};
    }
    check_sesparse_parts(file, header);
    const auto state =
        read_struct<SeSparseVolatileHeader>(file, header.volatile_header.value() * kSectorSize);
    if (state.magic.value() != SeSparseVolatileHeader::kMagic) {
        invalid(file, "its volatile header is missing");
    }
    if (state.replay_journal.value() != 0) {
        needs_repair(file, "its journal holds changes that are not applied; open it once with ESX");
    }
}

GrainMap sesparse_map(const File& file, const ExtentLine& line) {
    const auto header = read_struct<SeSparseHeader>(file, 0);
    check_sesparse(file, header);
    check_size(file, line, header.capacity.value());
    GrainMap map;
    map.form = GrainMap::Form::SeSparse;
    map.capacity = header.capacity.value();
    map.grain_sectors = SeSparseHeader::kGrainSectors;
    map.entries_per_table = SeSparseHeader::kTableSectors * kSectorSize / 8;
    map.directory = header.directory.value();
    map.directory_entries = checked_multiply(header.directory_size.value(), kSectorSize / 8);
    map.se_tables = header.tables.value();
    map.se_grains = header.grains.value();
    map.first_grain = header.grains.value();
    return map;
}

std::unique_ptr<Extent> open_grains(const ExtentLine& line, std::shared_ptr<const File> file) {
    const GrainMap map = sparse_map(line, *file);
    return std::make_unique<GrainExtent>(std::move(file), line.sectors, map, false);
}

}  // namespace

Run Run::from(std::uint64_t count) const {
    Run rest = *this;
    rest.sectors -= count;
    if (kind == Kind::Data) rest.file_offset += count * kSectorSize;
    if (kind == Kind::Compressed) rest.sectors_to_skip += count;
    return rest;
}

void Extent::read_compressed(const Run&, std::span<std::byte>) const {
    throw Error{VIX_E_FAIL, "this extent has no compressed grains"};
}

std::unique_ptr<Extent> open_extent(const ExtentLine& line, std::shared_ptr<const File> file) {
    switch (line.type) {
        case ExtentType::Zero:
            return std::make_unique<ZeroExtent>(line.sectors);
        case ExtentType::Flat:
        case ExtentType::Vmfs:
            return open_flat(line, std::move(file));
        case ExtentType::Sparse:
            return open_hosted(line, std::move(file));
        case ExtentType::VmfsSparse:
        case ExtentType::SeSparse:
            return open_grains(line, std::move(file));
        case ExtentType::VmfsRdm:
        case ExtentType::VmfsRaw:
            break;
    }
    throw Error{VIX_E_DISK_UNSUPPORTEDDEVICE,
                line.name + " is a physical disk; this library never opens devices"};
}

bool has_footer(const File& file) {
    const auto header = read_struct<HostedHeader>(file, 0);
    return header.magic.value() == HostedHeader::kMagic &&
           header.directory.value() == HostedHeader::kDirectoryAtEnd;
}

HostedHeader read_header(const File& file) {
    return read_hosted(file);
}

GrainMap sparse_map(const ExtentLine& line, const File& file) {
    if (line.type == ExtentType::VmfsSparse) return cowd_map(file, line);
    if (line.type == ExtentType::SeSparse) return sesparse_map(file, line);
    return hosted_map(file, line.sectors);
}

GrainMap hosted_map(const File& file, std::uint64_t sectors) {
    const HostedHeader header = read_hosted(file);
    ExtentLine line;
    line.sectors = sectors;
    check_size(file, line, header.capacity.value());
    return map_of(header);
}

std::string read_embedded_descriptor(const File& file) {
    if (file.size() < sizeof(HostedHeader)) return {};
    const auto header = read_struct<HostedHeader>(file, 0);
    if (header.magic.value() != HostedHeader::kMagic) return {};
    const std::uint64_t offset = header.descriptor_offset.value();
    const std::uint64_t size = header.descriptor_size.value();
    if (offset == 0 || size == 0) return {};
    const std::uint64_t file_sectors = file.size() / kSectorSize;
    if (offset > file_sectors || size > kDescriptorLimit / kSectorSize) {
        invalid(file, "its embedded descriptor lies outside the file or is too large");
    }
    std::string text(std::min(size, file_sectors - offset) * kSectorSize, '\0');
    file.read_at(offset * kSectorSize, std::as_writable_bytes(std::span{text}));
    return text;
}

}  // namespace vix::format::vmdk
