#include "format/vmdk/grain_tables.h"

#include <algorithm>
#include <boost/endian/conversion.hpp>
#include <utility>

#include "base/error.h"
#include "base/units.h"
#include "format/vmdk/grain_use.h"

namespace vix::format::vmdk {
namespace {

// Twice what 64 TiB in grains of 64 KiB need. The limit bounds memory.
constexpr std::uint64_t kMaxTables = std::uint64_t{1} << 22;

constexpr std::uint64_t kDirectoryPiece = std::uint64_t{64} << 10;
constexpr std::uint32_t kNowhere = 0xFFFFFFFF;

// seSparse: the top nibble of an entry is its state; the grain's number is spread over the other
// bits.
constexpr std::uint64_t kSeStateMask = 0xF000000000000000;
constexpr std::uint64_t kSeUnmapped = 0x1000000000000000;
constexpr std::uint64_t kSeZero = 0x2000000000000000;
constexpr std::uint64_t kSeAllocated = 0x3000000000000000;
constexpr std::uint64_t kSeTableMask = 0xFFFFFFFF00000000;
constexpr std::uint64_t kSeTable = 0x1000000000000000;

std::uint64_t se_grain_number(std::uint64_t entry) {
    return (entry & 0x0FFF000000000000) >> 48 | (entry & 0x0000FFFFFFFFFFFF) << 12;
}

void decode_entries(std::span<const std::byte> bytes, std::uint64_t entry_bytes,
                    std::vector<std::uint64_t>& entries) {
    const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
    entries.resize(bytes.size() / entry_bytes);
    for (std::uint64_t& entry : entries) {
        entry = entry_bytes == 4 ? boost::endian::load_little_u32(at)
                                 : boost::endian::load_little_u64(at);
        at += entry_bytes;
    }
}

}  // namespace

std::uint64_t GrainMap::tables() const {
    return divide_up(capacity, table_sectors());
}

GrainTables::GrainTables(std::shared_ptr<const io::File> file, const GrainMap& map)
    : file_{std::move(file)}, map_{map}, file_bytes_{file_->size()} {
    if (map_.tables() > kMaxTables || map_.directory_entries < map_.tables()) {
        throw Error{VIX_E_DISK_INVALIDDISK, file_->path().string() + ": a grain directory of " +
                                                std::to_string(map_.tables()) +
                                                " tables is invalid"};
    }
    buffer_.resize(map_.table_bytes());
    chosen_ = read_directory(map_.directory);
    choose_tables(read_directory(map_.redundant_directory));
    check_tables_apart();
    check_grains_apart();
    sorted_ = {};
}

void GrainTables::fail(const std::string& what) const {
    throw Error{VIX_E_DISK_NEEDSREPAIR, file_->path().string() + ": " + what};
}

bool GrainTables::in_file(std::uint64_t offset, std::uint64_t length) const {
    return offset <= file_bytes_ && length <= file_bytes_ - offset;
}

// An impossible directory counts as absent. choose_tables() finds out whether the other one
// suffices.
std::vector<GrainTables::TableReference> GrainTables::read_directory(
    std::uint64_t directory_sector) const {
    const std::uint64_t bytes = map_.tables() * map_.entry_bytes();
    std::vector<TableReference> references;
    if (directory_sector == 0 || directory_sector > file_bytes_ / kSectorSize) return references;
    if (!in_file(directory_sector * kSectorSize, bytes)) return references;
    references.reserve(map_.tables());
    std::vector<std::byte> raw(std::min(bytes, kDirectoryPiece));
    std::vector<std::uint64_t> entries;
    for (std::uint64_t done = 0; done < bytes; done += raw.size()) {
        raw.resize(std::min<std::uint64_t>(bytes - done, kDirectoryPiece));
        file_->read_at(directory_sector * kSectorSize + done, raw);
        decode_entries(raw, map_.entry_bytes(), entries);
        for (const std::uint64_t entry : entries) references.push_back(reference_of(entry));
    }
    return references;
}

// An impossible entry gets the highest reference, which lies outside the file, so the table counts
// as damaged.
GrainTables::TableReference GrainTables::reference_of(std::uint64_t raw_entry) const {
    if (raw_entry == 0) return 0;
    if (map_.form != GrainMap::Form::SeSparse) return static_cast<TableReference>(raw_entry);
    const std::uint64_t number = raw_entry & ~kSeTableMask;
    const bool possible = (raw_entry & kSeTableMask) == kSeTable && number < kNowhere - 1;
    return possible ? static_cast<TableReference>(number + 1) : kNowhere;
}

std::uint64_t GrainTables::offset_of(TableReference reference) const {
    if (reference == 0) return 0;
    if (map_.form != GrainMap::Form::SeSparse) return reference * kSectorSize;
    if (reference == kNowhere) return file_bytes_;
    return map_.se_tables * kSectorSize + (reference - 1) * map_.table_bytes();
}

void GrainTables::choose_tables(const std::vector<TableReference>& redundant) {
    if (chosen_.empty() && redundant.empty() && map_.tables() > 0) {
        fail("no grain directory lies within the file");
    }
    two_copies_ = !chosen_.empty() && !redundant.empty();
    copies_agree_ = two_copies_;
    worked_around_ = chosen_.empty() || (map_.redundant_directory != 0 && redundant.empty());
    if (chosen_.empty()) chosen_.resize(redundant.size());
    for (std::uint64_t i = 0; i < chosen_.size(); ++i) {
        choose_table(i, redundant.empty() ? 0 : redundant[i]);
    }
    loaded_offset_ = 0;
}

void GrainTables::choose_table(std::uint64_t index, TableReference redundant) {
    const TableReference primary = chosen_[index];
    if (primary == 0 && redundant == 0) {
        copies_agree_ = false;
        return;
    }
    std::string fault = "grain table " + std::to_string(index) + " is missing";
    if (primary != 0) {
        fault = "grain table " + std::to_string(index) + " lies outside the file";
        if (load(offset_of(primary))) {
            const auto found = fault_in_loaded(index);
            if (!found) {
                if (two_copies_) compare_copies(offset_of(redundant));
                return;
            }
            fault = *found;
        }
    }
    copies_agree_ = false;
    worked_around_ = true;
    if (redundant == 0 || !load(offset_of(redundant)) || fault_in_loaded(index)) fail(fault);
    chosen_[index] = redundant;
}

// Compares the loaded table with its redundant copy. Offset 0: there is none.
void GrainTables::compare_copies(std::uint64_t redundant_offset) {
    const auto entries = entries_;
    if (redundant_offset != 0 && load(redundant_offset) && entries_ == entries) {
        note_table(redundant_offset);
    } else {
        copies_agree_ = false;
        redundant_differs_ = true;
    }
}

// Returns false if the table does not lie within the file. A table in a hole is all zero and is not
// read.
bool GrainTables::load(std::uint64_t offset) {
    if (!in_file(offset, map_.table_bytes()) || offset == 0) return false;
    loaded_offset_ = offset;
    const std::uint64_t end = offset + map_.table_bytes();
    if (in_hole(offset, end)) {
        entries_.clear();
        return true;
    }
    file_->read_at(offset, buffer_);
    decode_entries(buffer_, map_.entry_bytes(), entries_);
    const bool all_zero = std::all_of(entries_.begin(), entries_.end(),
                                      [](std::uint64_t entry) { return entry == 0; });
    if (all_zero) entries_.clear();
    return true;
}

bool GrainTables::in_hole(std::uint64_t begin, std::uint64_t end) {
    if (holes_[1].holds(begin, end)) std::swap(holes_[0], holes_[1]);
    if (holes_[0].holds(begin, end)) return true;
    const Hole found{begin, file_->next_data(begin).value_or(file_bytes_)};
    if (!found.holds(begin, end)) return false;
    holes_[1] = std::exchange(holes_[0], found);
    return true;
}

// Entries for grains beyond the capacity are ignored.
std::optional<std::string> GrainTables::fault_in_loaded(std::uint64_t index) const {
    const std::uint64_t first = index * map_.table_sectors();
    for (std::uint64_t i = 0; i < entries_.size(); ++i) {
        const std::uint64_t begin = first + i * map_.grain_sectors;
        if (begin >= map_.capacity || entries_[i] == 0) continue;
        const GrainPlace grain = place(entries_[i]);
        if (grain.kind != GrainPlace::Kind::At) continue;
        const std::uint64_t needed = std::min(map_.grain_sectors, map_.capacity - begin);
        const std::uint64_t length = map_.compressed ? 1 : needed;
        const bool possible = grain.sector >= map_.first_grain &&
                              grain.sector <= file_bytes_ / kSectorSize &&
                              in_file(grain.sector * kSectorSize, length * kSectorSize);
        if (!possible) {
            return "the grain of sector " + std::to_string(begin) + " lies outside the file's data";
        }
    }
    return std::nullopt;
}

GrainPlace GrainTables::place(std::uint64_t raw) const {
    using Kind = GrainPlace::Kind;
    if (raw == 0) return {Kind::Unallocated, 0};
    if (map_.form != GrainMap::Form::SeSparse) {
        if (raw == 1 && map_.zeroed_grains) return {Kind::Zero, 0};
        return {Kind::At, raw};
    }
    switch (raw & kSeStateMask) {
        case kSeUnmapped:
        case kSeZero:
            return {Kind::Zero, 0};
        case kSeAllocated:
            // At most 2^60 * 8, so no overflow can defeat the check against the file's size.
            return {Kind::At, map_.se_grains + se_grain_number(raw) * map_.grain_sectors};
        default:
            return {Kind::At, 0};  // no such state; sector 0 never holds a grain
    }
}

void GrainTables::note_table(std::uint64_t offset) {
    first_used_ = std::min(first_used_, offset);
    tables_end_ = std::max(tables_end_, offset + map_.table_bytes());
}

void GrainTables::check_tables_apart() {
    for (const std::uint64_t directory : {map_.directory, map_.redundant_directory}) {
        if (directory == 0 || directory > file_bytes_ / kSectorSize) continue;
        first_used_ = std::min(first_used_, directory * kSectorSize);
        tables_end_ =
            std::max(tables_end_, directory * kSectorSize + map_.tables() * map_.entry_bytes());
    }
    for (const TableReference table : chosen_) {
        if (table == 0) continue;
        sorted_.push_back(table);
        note_table(offset_of(table));
    }
    std::sort(sorted_.begin(), sorted_.end());
    for (std::size_t i = 1; i < sorted_.size(); ++i) {
        const std::uint64_t offset = offset_of(sorted_[i]);
        if (offset - offset_of(sorted_[i - 1]) < map_.table_bytes()) {
            fail("two grain tables overlap at offset " + std::to_string(offset));
        }
    }
}

// In the usual layout no grain lies below the end of the tables, so the check is free.
bool GrainTables::hits_a_table(std::uint64_t offset) const {
    if (offset >= tables_end_) return false;
    const std::uint64_t length = map_.compressed ? 1 : map_.grain_sectors * kSectorSize;
    const auto next = std::lower_bound(
        sorted_.begin(), sorted_.end(), offset,
        [this](TableReference table, std::uint64_t place) { return offset_of(table) < place; });
    if (next != sorted_.end() && offset_of(*next) - offset < length) return true;
    return next != sorted_.begin() && offset - offset_of(*std::prev(next)) < map_.table_bytes();
}

void GrainTables::check_grains_apart() {
    // Compressed grains are shorter than their slot, so they are not checked for overlap. With
    // markers each one states its sector; without, at least no two may begin at one place.
    const std::uint64_t unit = map_.compressed ? 1 : map_.grain_sectors;
    GrainUse use{file_bytes_ / kSectorSize, unit};
    for (std::uint64_t index = 0; index < chosen_.size(); ++index) {
        const auto entries = table(index);
        for (std::uint64_t i = 0; i < entries.size(); ++i) {
            const std::uint64_t begin = index * map_.table_sectors() + i * map_.grain_sectors;
            if (begin >= map_.capacity) break;
            const GrainPlace grain = place(entries[i]);
            has_zeroed_grains_ |= grain.kind == GrainPlace::Kind::Zero;
            if (grain.kind != GrainPlace::Kind::At) continue;
            first_used_ = std::min(first_used_, grain.sector * kSectorSize);
            if (!use.take(grain.sector) || hits_a_table(grain.sector * kSectorSize)) {
                fail("the grain of sector " + std::to_string(begin) +
                     " overlaps another grain or a table");
            }
        }
    }
}

std::span<const std::uint64_t> GrainTables::table(std::uint64_t index) {
    const std::uint64_t offset = offset_of(chosen_[index]);
    if (offset == 0) return {};
    if (offset != loaded_offset_) load(offset);
    return entries_;
}

}  // namespace vix::format::vmdk
