// The positions of both copies of directory and tables of a hosted sparse extent, from the
// directories in the file. Reading needs one sound copy. Writing uses both, so every table of both
// copies must exist and overlap nothing. Positions are in sectors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "format/vmdk/grain_tables.h"
#include "io/files/file.h"

namespace vix::format::vmdk {

class TablePlaces {
  public:
    // Reads the directories. The map must come from sound tables; throws only errors of reading the
    // file.
    TablePlaces(const io::File& file, const GrainMap& map);

    // The first sector of a table or directory.
    std::uint64_t first_sector() const;

    // True if a table is missing in one of the copies.
    bool incomplete() const;

    // Which parts overlap or lie outside the file, as the end of a sentence that begins with the
    // file's name; empty if all are sound. Reads all grains, unless no grain can lie among the
    // tables.
    std::optional<std::string> overlap(GrainTables& tables) const;

    // Adds the missing tables at the end of the file: empty ones, and copies of those without a
    // redundant one. With Durability::Synced, new tables are synced before a directory names them,
    // and the primary directory before the redundant one. So at any time, and after a crash, the
    // extent reads as before. Throws VIX_E_FILE_TOO_BIG, with nothing changed.
    void complete(io::File& file, io::Durability durability);

  private:
    struct Part {
        std::uint64_t begin;  // sectors
        std::uint64_t end;
    };

    bool has_redundant() const { return !redundant_.empty(); }
    std::uint64_t table_sectors() const;
    std::vector<Part> parts() const;
    void copy_table(io::File& file, std::uint64_t from, std::uint64_t to) const;
    void write_directory(io::File& file, std::uint64_t directory,
                         const std::vector<std::uint64_t>& tables) const;

    GrainMap map_;
    std::uint64_t file_sectors_;
    std::vector<std::uint64_t> primary_;    // sectors, 0: missing
    std::vector<std::uint64_t> redundant_;  // empty: one copy, or one directory for both
};

}  // namespace vix::format::vmdk
