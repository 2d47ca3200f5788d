// Where a hosted sparse extent keeps its two copies of directory and tables, as the directories in
// the file say. Reading needs one sound copy; writing follows both, so each table of each copy must
// be there and lie where nothing else does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "format/vmdk/grain_tables.h"
#include "io/file.h"

namespace vix::format::vmdk {

class TablePlaces {
  public:
    // Reads the directories. `tables` is sound: no error but of reading the file.
    TablePlaces(const io::File& file, const GrainMap& map);

    // Where the first table or directory begins.
    std::uint64_t first_sector() const;

    // A table is missing in one of the copies.
    bool incomplete() const;

    // Which parts lie on each other or outside the file, as the end of a sentence that begins with
    // the file's name; nothing if all are sound. Looks at all grains unless no grain can lie among
    // the tables.
    std::optional<std::string> overlap(GrainTables& tables) const;

    // Makes the tables that are missing, at the end of the file: empty ones, and copies of those
    // that have no redundant one. The new tables reach the disk before a directory names them, the
    // primary before the redundant. At any instant and after a crash the extent reads as before.
    // Error VIX_E_FILE_TOO_BIG, with nothing changed.
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
    std::vector<std::uint64_t> primary_;    // sectors; 0: missing
    std::vector<std::uint64_t> redundant_;  // empty: the extent has one copy, or both are the same
};

}  // namespace vix::format::vmdk
