#include "format/vmdk/sparse_editor.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/units.h"

namespace vix::format::vmdk {

GrainMap SparseEditor::map_of(const io::File& file, std::uint64_t sectors) {
    const GrainMap map = hosted_map(file, sectors);
    if (map.compressed) {
        throw Error{VIX_E_DISK_NOTSUPPORTED,
                    file.path().string() + " is compressed and cannot be changed in place"};
    }
    return map;
}

SparseEditor::SparseEditor(std::shared_ptr<io::File> file, std::uint64_t sectors)
    : file_{std::move(file)},
      tables_{file_, map_of(*file_, sectors)},
      end_sector_{round_up(divide_up(file_->size(), kSectorSize), tables_.map().grain_sectors)} {
    // What was worked around when reading must not be built upon.
    if (tables_.worked_around() || (tables_.redundant_differs() && !may_mend())) {
        throw Error{VIX_E_DISK_NOTSUPPORTED,
                    file_->path().string() + ": its grain tables cannot be changed in place"};
    }
}

SparseEditor::Place SparseEditor::place(std::uint64_t grain) {
    const GrainMap& map = tables_.map();
    const auto known = fresh_.find(grain);
    if (known != fresh_.end()) return {std::uint64_t{known->second} * kSectorSize, false};
    const auto entries = tables_.table(grain / map.entries_per_table);
    if (!entries.empty()) {
        const GrainPlace found = tables_.place(entries[grain % map.entries_per_table]);
        if (found.kind == GrainPlace::Kind::At) return {found.sector * kSectorSize, false};
    }
    if (end_sector_ > std::numeric_limits<std::uint32_t>::max()) {
        throw Error{VIX_E_FILE_TOO_BIG,
                    file_->path().string() + ": a sparse extent holds 2 TiB at the most"};
    }
    const std::uint64_t sector = end_sector_;
    fresh_[grain] = static_cast<std::uint32_t>(sector);
    end_sector_ += map.grain_sectors;
    file_->resize(end_sector_ * kSectorSize);
    return {sector * kSectorSize, true};
}

void SparseEditor::commit() {
    for (const std::uint64_t directory :
         {tables_.map().directory, tables_.map().redundant_directory}) {
        for (const auto& [grain, sector] : fresh_) write_entry(directory, grain, sector);
    }
    fresh_.clear();
    if (tables_.redundant_differs()) mend_redundant_tables();
}

// The sectors of one copy of the tables, by the directory as it is in the file.
std::vector<std::uint64_t> SparseEditor::tables_of(std::uint64_t directory) const {
    std::vector<endian::little_uint32_buf_t> entries(tables_.map().tables());
    file_->read_at(directory * kSectorSize, std::as_writable_bytes(std::span{entries}));
    std::vector<std::uint64_t> sectors;
    sectors.reserve(entries.size());
    for (const auto& entry : entries) sectors.push_back(entry.value());
    return sectors;
}

// Where a redundant table lies nobody has looked yet: before one is written over, all of them must
// be where every product puts them, behind their directory and in front of the other one, and
// apart.
bool SparseEditor::may_mend() const {
    const GrainMap& map = tables_.map();
    const std::uint64_t size = divide_up(map.table_bytes(), kSectorSize);
    const std::uint64_t begin =
        map.redundant_directory + divide_up(map.tables() * map.entry_bytes(), kSectorSize);
    const std::uint64_t end = std::min(map.directory, map.first_grain);
    std::vector<std::uint64_t> all = tables_of(map.redundant_directory);
    const bool in_place = std::all_of(all.begin(), all.end(), [&](std::uint64_t sector) {
        return sector >= begin && sector + size <= end;
    });
    for (const std::uint64_t sector : tables_of(map.directory)) {
        if (sector != 0) all.push_back(sector);
    }
    std::sort(all.begin(), all.end());
    const auto overlap = [&](std::uint64_t a, std::uint64_t b) { return b - a < size; };
    return in_place && std::adjacent_find(all.begin(), all.end(), overlap) == all.end();
}

// The primary tables are those that count: what an entry of theirs points to is there.
void SparseEditor::mend_redundant_tables() {
    const auto primary = tables_of(tables_.map().directory);
    const auto redundant = tables_of(tables_.map().redundant_directory);
    std::vector<std::byte> table(tables_.map().table_bytes());
    for (std::size_t i = 0; i < primary.size(); ++i) {
        if (primary[i] == 0) continue;
        file_->read_at(primary[i] * kSectorSize, table);
        file_->write_at(redundant[i] * kSectorSize, table);
    }
}

// A new table at the end of the file, which reads as zeros there, and its place in the directory.
endian::little_uint32_buf_t SparseEditor::make_table(std::uint64_t slot) {
    endian::little_uint32_buf_t table;
    table = static_cast<std::uint32_t>(end_sector_);
    end_sector_ += round_up(divide_up(tables_.map().table_bytes(), kSectorSize), grain_sectors());
    file_->resize(end_sector_ * kSectorSize);
    file_->write_at(slot, std::as_bytes(std::span{&table, 1}));
    return table;
}

// By the directory as it is in the file: each copy has tables of its own.
void SparseEditor::write_entry(std::uint64_t directory, std::uint64_t grain, std::uint32_t sector) {
    if (directory == 0) return;
    const GrainMap& map = tables_.map();
    endian::little_uint32_buf_t table;
    const std::uint64_t slot = directory * kSectorSize + grain / map.entries_per_table * 4;
    file_->read_at(slot, std::as_writable_bytes(std::span{&table, 1}));
    if (table.value() == 0) table = make_table(slot);
    endian::little_uint32_buf_t entry;
    entry = sector;
    const std::uint64_t place =
        std::uint64_t{table.value()} * kSectorSize + grain % map.entries_per_table * 4;
    file_->write_at(place, std::as_bytes(std::span{&entry, 1}));
}

}  // namespace vix::format::vmdk
