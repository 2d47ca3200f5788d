// Writes a hosted sparse extent as VMware lays it out: header, descriptor if embedded, redundant
// directory and tables, directory and tables, then the grains in the order they are asked for.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "format/vmdk/headers.h"
#include "io/file.h"

namespace vix::format::vmdk {

inline constexpr std::uint64_t kGrainSectors = 128;
inline constexpr std::uint64_t kEntriesPerTable = 512;
inline constexpr std::uint64_t kEmbeddedDescriptorSectors = 20;  // more only if the text needs it

class SparseWriter {
  public:
    // `file` must be new. `descriptor` is the embedded descriptor's text; empty: none is embedded.
    SparseWriter(std::shared_ptr<io::File> file, std::uint64_t capacity_sectors,
                 std::string descriptor);

    // Makes room for a stretch of the extent and gives the byte of the file where it begins; all of
    // it lies together from there on. Stretches must come in ascending order.
    std::uint64_t allocate(std::uint64_t sector, std::uint64_t sectors);

    // Writes what maps the grains. The file is a sound extent after this, whatever else is still
    // being written into its grains.
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
    // Sectors of the parts.
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

// In a byte-for-byte copy of a sparse extent: puts the descriptor's text (empty: none is embedded)
// in place, and the lowest version that the entries need.
void rewrite_descriptor(io::File& copy, const HostedHeader& header, bool zeroed_grains,
                        const std::string& descriptor);

// The header of an extent whose changed areas somebody kept track of says version 3. Who writes to
// it and keeps no track lowers that to what the entries need, before the first write.
void stop_change_tracking(io::File& extent);

// Whether there is room for it where VMware and QEMU look: from sector 1 up to `first_used_sector`.
bool descriptor_fits(const HostedHeader& header, std::uint64_t first_used_sector,
                     const std::string& descriptor);

}  // namespace vix::format::vmdk
