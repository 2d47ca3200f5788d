// Changes a hosted sparse extent in place: finds or allocates grains, new ones at the end of the
// file. commit() writes the tables after the data, so a crash in between loses nothing that was
// readable before. Changes made here are not tracked, so the first write removes change tracking
// from the header. Offsets are in bytes, all else in sectors.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "format/vmdk/extent.h"
#include "format/vmdk/grain_tables.h"
#include "format/vmdk/headers.h"
#include "io/files/file.h"

namespace vix::format::vmdk {

class SparseEditor {
  public:
    struct Place {
        std::uint64_t offset;  // bytes
        bool fresh;            // a new grain, which reads as zeros
    };

    // `file` must be open for writing. Errors as open_extent(), and VIX_E_DISK_NOTSUPPORTED for an
    // extent that cannot be changed in place (compressed, of another form, or with damaged tables).
    SparseEditor(std::shared_ptr<io::File> file, std::uint64_t sectors);

    std::uint64_t grain_sectors() const { return tables_.map().grain_sectors; }
    const std::shared_ptr<io::File>& file() const { return file_; }

    // The grain's position; allocates the grain if it has none. VIX_E_FILE_TOO_BIG beyond 2 TiB.
    Place place(std::uint64_t grain);

    // Writes the entries of all new grains: first the primary tables, then the redundant ones.
    // Makes the redundant tables equal to the primary ones if they differed.
    void commit();

    // Makes redundant tables that a crash left different equal to the primary ones.
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
    // Byte offset of a directory entry -> sector of its table, not yet in the directory.
    std::map<std::uint64_t, std::uint32_t> fresh_tables_;
    bool writes_ = false;
    std::uint64_t reserved_ = ~std::uint64_t{0};  // the last argument of reserve_tables()
};

}  // namespace vix::format::vmdk
