// Changes a hosted sparse extent in place: gives grains a place, new ones at the end of the file.
// The tables are written apart from the data and after it, so a crash in between loses nothing that
// was readable before. Who writes so keeps no change tracking: the header stops saying that
// somebody does.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "format/vmdk/extent.h"
#include "format/vmdk/grain_tables.h"
#include "format/vmdk/headers.h"
#include "io/file.h"

namespace vix::format::vmdk {

class SparseEditor {
  public:
    struct Place {
        std::uint64_t offset;  // bytes
        bool fresh;            // a new grain: it reads as zeros
    };

    // `file` is open for writing. Errors as open_extent(); VIX_E_DISK_NOTSUPPORTED for an extent
    // that cannot be changed in place (compressed, of another form, or with damaged tables).
    SparseEditor(std::shared_ptr<io::File> file, std::uint64_t sectors);

    std::uint64_t grain_sectors() const { return tables_.map().grain_sectors; }
    const std::shared_ptr<io::File>& file() const { return file_; }

    // Where the grain is; a place of its own is made for it where it had none.
    Place place(std::uint64_t grain);

    // Writes the entries of all new grains, in the primary tables and after that in the redundant
    // ones, which become like those if they were not.
    void commit();

    // Makes redundant tables that a crash left behind equal to the others.
    void mend();

  private:
    static GrainMap map_of(const io::File& file, std::uint64_t sectors);
    void begin_writing();
    void reserve_tables(std::uint64_t index);
    void write_directory_entries(std::uint64_t directory);
    std::vector<std::uint64_t> tables_of(std::uint64_t directory) const;
    void mend_redundant_tables();
    void write_entry(std::uint64_t directory, std::uint64_t grain, std::uint32_t sector);

    std::shared_ptr<io::File> file_;
    GrainTables tables_;
    std::uint64_t end_sector_;                      // of the file; the next new grain goes here
    std::map<std::uint64_t, std::uint32_t> fresh_;  // grain -> sector, not yet in the tables
    // Entry of a directory (byte) -> sector of the table, not yet in the directory.
    std::map<std::uint64_t, std::uint32_t> fresh_tables_;
    bool writes_ = false;
    std::uint64_t reserved_ = ~std::uint64_t{0};  // the table that was asked for last
};

}  // namespace vix::format::vmdk
