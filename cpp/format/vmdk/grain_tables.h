// The two-level map of a sparse extent: a directory of grain tables, each a table of grains. One
// reader serves all three forms (hosted, COWD, seSparse); GrainMap holds their differences. Throws
// VIX_E_DISK_INVALIDDISK and VIX_E_DISK_NEEDSREPAIR.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/units.h"
#include "io/files/file.h"

namespace vix::format::vmdk {

struct GrainMap {
    enum class Form { Hosted, Cowd, SeSparse };

    Form form = Form::Hosted;
    std::uint64_t capacity = 0;  // sectors
    std::uint64_t grain_sectors = 0;
    std::uint64_t entries_per_table = 0;
    std::uint64_t directory = 0;            // sector, 0: none
    std::uint64_t redundant_directory = 0;  // sector, 0: none
    std::uint64_t directory_entries = 0;    // at least as many as the capacity needs
    std::uint64_t first_grain = 0;          // no grain begins before this sector
    bool zeroed_grains = false;             // entry 1 means zeros
    bool compressed = false;                // grains have any length and begin at any sector
    std::uint64_t se_tables = 0;            // seSparse: sector of table 0
    std::uint64_t se_grains = 0;            // seSparse: sector of grain 0

    std::uint64_t entry_bytes() const { return form == Form::SeSparse ? 8 : 4; }
    std::uint64_t table_bytes() const { return entries_per_table * entry_bytes(); }
    std::uint64_t table_sectors() const { return entries_per_table * grain_sectors; }
    std::uint64_t tables() const;
};

// The meaning of an entry for its grain.
struct GrainPlace {
    enum class Kind { Unallocated, Zero, At };
    Kind kind = Kind::Unallocated;
    std::uint64_t sector = 0;  // in the file
};

class GrainTables {
  public:
    // Reads the directories and checks every table. Uses a table's redundant copy if the primary is
    // damaged. Errors as open_extent().
    GrainTables(std::shared_ptr<const io::File> file, const GrainMap& map);

    const GrainMap& map() const { return map_; }

    // The raw entries of table `index`; empty if it is absent or all zero.
    std::span<const std::uint64_t> table(std::uint64_t index);
    GrainPlace place(std::uint64_t raw_entry) const;

    // Both copies exist and are complete and equal.
    bool copies_agree() const { return copies_agree_; }
    bool has_zeroed_grains() const { return has_zeroed_grains_; }

    // A primary table or a directory was damaged, and the other copy is used.
    bool worked_around() const { return worked_around_; }

    // Every primary table is sound, but a redundant one differs, as when a writer was killed
    // between the two.
    bool redundant_differs() const { return redundant_differs_; }

    // All tables and directories end below this sector.
    std::uint64_t metadata_end_sector() const { return divide_up(tables_end_, kSectorSize); }

    // No table or grain that the map uses lies below this sector of the file.
    std::uint64_t first_used_sector() const { return first_used_ / kSectorSize; }

  private:
    struct Hole {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
        bool holds(std::uint64_t from, std::uint64_t to) const {
            return from >= begin && to <= end;
        }
    };

    // A table's position in four bytes instead of eight: a sector, or for seSparse the table's
    // number plus one. 0 if there is none.
    using TableReference = std::uint32_t;

    std::vector<TableReference> read_directory(std::uint64_t directory_sector) const;
    TableReference reference_of(std::uint64_t raw_entry) const;
    std::uint64_t offset_of(TableReference reference) const;
    bool in_file(std::uint64_t offset, std::uint64_t length) const;
    bool load(std::uint64_t offset);
    bool in_hole(std::uint64_t begin, std::uint64_t end);
    std::optional<std::string> fault_in_loaded(std::uint64_t index) const;
    void choose_tables(const std::vector<TableReference>& redundant);
    void choose_table(std::uint64_t index, TableReference redundant);
    void compare_copies(std::uint64_t redundant_offset);
    void check_tables_apart();
    void check_grains_apart();
    void note_table(std::uint64_t offset);
    bool hits_a_table(std::uint64_t offset) const;
    [[noreturn]] void fail(const std::string& what) const;

    std::shared_ptr<const io::File> file_;
    GrainMap map_;
    std::uint64_t file_bytes_;
    std::vector<TableReference> chosen_;  // one of the two copies of each table
    std::vector<std::uint64_t> entries_;  // of the table loaded last; empty: all zero
    std::uint64_t loaded_offset_ = 0;
    std::array<Hole, 2> holes_;  // the holes where a primary and a redundant table were found last
    std::vector<std::byte> buffer_;
    std::vector<TableReference> sorted_;            // chosen_ in order, while it is checked
    std::uint64_t first_used_ = ~std::uint64_t{0};  // bytes
    std::uint64_t tables_end_ = 0;                  // bytes
    bool two_copies_ = false;                       // of the directory
    bool copies_agree_ = true;
    bool worked_around_ = false;
    bool redundant_differs_ = false;
    bool has_zeroed_grains_ = false;
};

}  // namespace vix::format::vmdk
