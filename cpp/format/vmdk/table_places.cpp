#include "format/vmdk/table_places.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/units.h"
#include "format/vmdk/headers.h"

namespace vix::format::vmdk {
namespace {

std::vector<std::uint64_t> read_directory(const io::File& file, const GrainMap& map,
                                          std::uint64_t directory) {
    std::vector<endian::little_uint32_buf_t> entries(map.tables());
    file.read_at(directory * kSectorSize, std::as_writable_bytes(std::span{entries}));
    std::vector<std::uint64_t> sectors;
    sectors.reserve(entries.size());
    for (const auto& entry : entries) sectors.push_back(entry.value());
    return sectors;
}

bool is_missing(std::uint64_t sector) {
    return sector == 0;
}

}  // namespace

TablePlaces::TablePlaces(const io::File& file, const GrainMap& map)
    : map_{map},
      file_sectors_{divide_up(file.size(), kSectorSize)},
      primary_{read_directory(file, map, map.directory)} {
    if (map.redundant_directory != 0 && map.redundant_directory != map.directory) {
        redundant_ = read_directory(file, map, map.redundant_directory);
    }
}

std::uint64_t TablePlaces::table_sectors() const {
    return divide_up(map_.table_bytes(), kSectorSize);
}

std::uint64_t TablePlaces::first_sector() const {
    return parts()[1].begin;  // the header is a part, too
}

bool TablePlaces::incomplete() const {
    return std::any_of(primary_.begin(), primary_.end(), is_missing) ||
           std::any_of(redundant_.begin(), redundant_.end(), is_missing);
}

// All parts except the grains. A redundant table that is the primary one itself is harmless: it
// gets the same content twice.
std::vector<TablePlaces::Part> TablePlaces::parts() const {
    const std::uint64_t directory = divide_up(map_.tables() * map_.entry_bytes(), kSectorSize);
    std::vector<Part> parts{{0, 1}, {map_.directory, map_.directory + directory}};
    if (has_redundant()) {
        parts.push_back({map_.redundant_directory, map_.redundant_directory + directory});
    }
    for (const std::uint64_t sector : primary_) {
        if (sector != 0) parts.push_back({sector, sector + table_sectors()});
    }
    for (std::size_t i = 0; i < redundant_.size(); ++i) {
        const std::uint64_t sector = redundant_[i];
        if (sector == 0 || sector == primary_[i]) continue;
        parts.push_back({sector, sector + table_sectors()});
    }
    std::sort(parts.begin(), parts.end(),
              [](const Part& a, const Part& b) { return a.begin < b.begin; });
    return parts;
}

std::optional<std::string> TablePlaces::overlap(GrainTables& tables) const {
    const std::vector<Part> all = parts();
    for (std::size_t i = 1; i < all.size(); ++i) {
        if (all[i - 1].end <= all[i].begin) continue;
        return "two of its tables or directories overlap at sector " + std::to_string(all[i].begin);
    }
    if (all.back().end > file_sectors_) return "a table lies outside the file";
    if (all.back().end <= map_.first_grain) return std::nullopt;
    for (std::uint64_t index = 0; index < map_.tables(); ++index) {
        const auto entries = tables.table(index);
        for (std::size_t i = 0; i < entries.size(); ++i) {
            if (index * map_.table_sectors() + i * map_.grain_sectors >= map_.capacity) break;
            const GrainPlace grain = tables.place(entries[i]);
            if (grain.kind != GrainPlace::Kind::At) continue;
            const auto next = std::upper_bound(
                all.begin(), all.end(), grain.sector,
                [](std::uint64_t sector, const Part& part) { return sector < part.end; });
            if (next != all.end() && next->begin < grain.sector + map_.grain_sectors) {
                return "a grain overlaps a table or directory at sector " +
                       std::to_string(grain.sector);
            }
        }
    }
    return std::nullopt;
}

void TablePlaces::copy_table(io::File& file, std::uint64_t from, std::uint64_t to) const {
    std::vector<std::byte> table(map_.table_bytes());
    file.read_at(from * kSectorSize, table);
    file.write_at(to * kSectorSize, table);
}

void TablePlaces::write_directory(io::File& file, std::uint64_t directory,
                                  const std::vector<std::uint64_t>& tables) const {
    std::vector<endian::little_uint32_buf_t> entries(tables.size());
    for (std::size_t i = 0; i < tables.size(); ++i) {
        entries[i] = static_cast<std::uint32_t>(tables[i]);
    }
    file.write_at(directory * kSectorSize, std::as_bytes(std::span{entries}));
}

void TablePlaces::complete(io::File& file, io::Durability durability) {
    const auto make_lasting = [&] {
        if (durability == io::Durability::Synced) file.sync();
    };
    const std::uint64_t begin = round_up(divide_up(file.size(), kSectorSize), map_.grain_sectors);
    std::uint64_t end = begin;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> copies;
    for (std::size_t i = 0; i < primary_.size(); ++i) {
        const bool fresh = primary_[i] == 0;
        if (fresh) primary_[i] = std::exchange(end, end + table_sectors());
        if (!has_redundant() || redundant_[i] != 0) continue;
        redundant_[i] = std::exchange(end, end + table_sectors());
        if (!fresh) copies.emplace_back(primary_[i], redundant_[i]);
    }
    if (end == begin) return;
    if (end > std::numeric_limits<std::uint32_t>::max()) {
        throw Error{VIX_E_FILE_TOO_BIG,
                    file.path().string() + ": a sparse extent holds at most 2 TiB"};
    }
    file.resize(round_up(end, map_.grain_sectors) * kSectorSize);
    for (const auto& [from, to] : copies) copy_table(file, from, to);
    make_lasting();
    write_directory(file, map_.directory, primary_);
    make_lasting();
    if (!has_redundant()) return;
    write_directory(file, map_.redundant_directory, redundant_);
    make_lasting();
}

}  // namespace vix::format::vmdk
