#include "format/vmdk/sparse_editor.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/units.h"
#include "format/vmdk/sparse_writer.h"
#include "format/vmdk/table_places.h"

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
    // Reading can work around damage; writing must not build on it.
    if (tables_.worked_around()) {
        throw Error{VIX_E_DISK_NOTSUPPORTED,
                    file_->path().string() +
                        ": its grain tables are damaged and cannot be changed in place"};
    }
    // So far nobody has checked where the redundant tables lie, and that grains overlap neither
    // copy.
    TablePlaces places{*file_, tables_.map()};
    if (const auto overlap = places.overlap(tables_)) {
        throw Error{VIX_E_DISK_NOTSUPPORTED, file_->path().string() + ": " + *overlap};
    }
    if (tables_.redundant_differs() && places.incomplete()) {
        places.complete(*file_, io::Durability::Synced);
        end_sector_ = round_up(divide_up(file_->size(), kSectorSize), tables_.map().grain_sectors);
    }
}

void SparseEditor::begin_writing() {
    if (!std::exchange(writes_, true)) stop_change_tracking(*file_);
}

SparseEditor::Place SparseEditor::place(std::uint64_t grain) {
    begin_writing();
    const GrainMap& map = tables_.map();
    const auto known = fresh_.find(grain);
    if (known != fresh_.end()) return {std::uint64_t{known->second} * kSectorSize, false};
    const auto entries = tables_.table(grain / map.entries_per_table);
    if (!entries.empty()) {
        const GrainPlace found = tables_.place(entries[grain % map.entries_per_table]);
        if (found.kind == GrainPlace::Kind::At) return {found.sector * kSectorSize, false};
    }
    reserve_tables(grain / map.entries_per_table);
    if (end_sector_ > std::numeric_limits<std::uint32_t>::max()) {
        throw Error{VIX_E_FILE_TOO_BIG,
                    file_->path().string() + ": a sparse extent holds at most 2 TiB"};
    }
    const std::uint64_t sector = end_sector_;
    fresh_[grain] = static_cast<std::uint32_t>(sector);
    end_sector_ += map.grain_sectors;
    file_->resize(end_sector_ * kSectorSize);
    return {sector * kSectorSize, true};
}

void SparseEditor::commit() {
    begin_writing();
    for (const std::uint64_t directory :
         {tables_.map().directory, tables_.map().redundant_directory}) {
        write_directory_entries(directory);
        for (const auto& [grain, sector] : fresh_) write_entry(directory, grain, sector);
    }
    fresh_.clear();
    fresh_tables_.clear();
    mend();
}

void SparseEditor::mend() {
    if (!tables_.redundant_differs()) return;
    begin_writing();
    mend_redundant_tables();
}

// The sectors of one copy of the tables, from the directory in the file.
std::vector<std::uint64_t> SparseEditor::tables_of(std::uint64_t directory) const {
    std::vector<endian::little_uint32_buf_t> entries(tables_.map().tables());
    file_->read_at(directory * kSectorSize, std::as_writable_bytes(std::span{entries}));
    std::vector<std::uint64_t> sectors;
    sectors.reserve(entries.size());
    for (const auto& entry : entries) sectors.push_back(entry.value());
    return sectors;
}

// The primary tables are authoritative: commit() writes them first, so the grains of their entries
// exist.
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

// Allocates tables for both copies at the end of the file, where they read as zeros. The file gets
// their space before commit(), so that after a power loss every table that a directory names lies
// within the file.
void SparseEditor::reserve_tables(std::uint64_t index) {
    if (std::exchange(reserved_, index) == index) return;
    const GrainMap& map = tables_.map();
    const std::uint64_t size =
        round_up(divide_up(map.table_bytes(), kSectorSize), map.grain_sectors);
    for (const std::uint64_t directory : {map.directory, map.redundant_directory}) {
        if (directory == 0) continue;
        endian::little_uint32_buf_t table;
        const std::uint64_t slot = directory * kSectorSize + index * 4;
        if (fresh_tables_.contains(slot)) continue;
        file_->read_at(slot, std::as_writable_bytes(std::span{&table, 1}));
        if (table.value() != 0) continue;
        fresh_tables_[slot] = static_cast<std::uint32_t>(end_sector_);
        end_sector_ += size;
    }
}

void SparseEditor::write_directory_entries(std::uint64_t directory) {
    const std::uint64_t begin = directory * kSectorSize;
    const auto end = fresh_tables_.lower_bound(begin + tables_.map().tables() * 4);
    for (auto entry = fresh_tables_.lower_bound(begin); entry != end; ++entry) {
        endian::little_uint32_buf_t table;
        table = entry->second;
        file_->write_at(entry->first, std::as_bytes(std::span{&table, 1}));
    }
}

// Uses the directory in the file, because each copy has tables of its own.
void SparseEditor::write_entry(std::uint64_t directory, std::uint64_t grain, std::uint32_t sector) {
    if (directory == 0) return;
    const GrainMap& map = tables_.map();
    endian::little_uint32_buf_t table;
    const std::uint64_t slot = directory * kSectorSize + grain / map.entries_per_table * 4;
    file_->read_at(slot, std::as_writable_bytes(std::span{&table, 1}));
    endian::little_uint32_buf_t entry;
    entry = sector;
    const std::uint64_t place =
        std::uint64_t{table.value()} * kSectorSize + grain % map.entries_per_table * 4;
    file_->write_at(place, std::as_bytes(std::span{&entry, 1}));
}

}  // namespace vix::format::vmdk
