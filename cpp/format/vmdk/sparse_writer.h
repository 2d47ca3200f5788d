// Writes a hosted sparse extent in VMware's layout: header, descriptor (if embedded), redundant
// directory and tables, directory and tables, then the grains in the order of allocation. Offsets
// in the file are in bytes, all else in sectors.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/units.h"
#include "format/vmdk/headers.h"
#include "io/files/file.h"

namespace vix::format::vmdk {

inline constexpr std::uint64_t kGrainSectors = 128;
inline constexpr std::uint64_t kGrainBytes = kGrainSectors * kSectorSize;
inline constexpr std::uint64_t kEntriesPerTable = 512;
inline constexpr std::uint64_t kTableSectors = kEntriesPerTable * 4 / kSectorSize;
inline constexpr std::uint64_t kEmbeddedDescriptorSectors = 20;  // more only if the text needs it

class SparseWriter {
  public:
    // `file` must be new. `descriptor` is the text of the embedded descriptor; empty if none is
    // embedded.
    SparseWriter(std::shared_ptr<io::File> file, std::uint64_t capacity_sectors,
                 std::string descriptor);

    // Allocates a range of the extent and returns its byte offset in the file; the range is
    // contiguous there. Ranges must come in ascending order. VIX_E_FILE_TOO_BIG beyond 2 TiB.
    std::uint64_t allocate(std::uint64_t sector, std::uint64_t sectors);

    // Writes header, descriptor, directories and tables. After that the file is a sound extent,
    // even while data is still being written into its grains.
    void finish();

  private:
    void start_table(std::uint64_t index);
    void flush_table();
    void write_directory(std::uint64_t directory, std::uint64_t first_table);
    void write_header();

    std::shared_ptr<io::File> file_;
    std::uint64_t capacity_;
    std::string descriptor_;
    std::uint64_t descriptor_sectors_;
    std::uint64_t tables_;
    // First sectors of the parts.
    std::uint64_t redundant_directory_;
    std::uint64_t redundant_tables_;
    std::uint64_t directory_;
    std::uint64_t first_table_;
    std::uint64_t overhead_;

    std::uint64_t next_grain_;  // sector in the file
    std::uint64_t last_grain_index_;
    std::uint64_t last_grain_sector_ = 0;
    std::uint64_t table_index_;
    std::array<endian::little_uint32_buf_t, kEntriesPerTable> table_{};
};

// In a byte-for-byte copy of a sparse extent: writes the descriptor's text (empty: none is
// embedded) and the lowest version that the entries allow.
void rewrite_descriptor(io::File& copy, const HostedHeader& header, bool zeroed_grains,
                        const std::string& descriptor);

// Version 3 in the header means that changed areas are tracked. Before the first write without
// tracking, this lowers the version to what the entries need.
void stop_change_tracking(io::File& extent);

// True if the text fits where VMware and QEMU expect it: from sector 1 to before
// `first_used_sector`.
bool descriptor_fits(const HostedHeader& header, std::uint64_t first_used_sector,
                     const std::string& descriptor);

}  // namespace vix::format::vmdk
