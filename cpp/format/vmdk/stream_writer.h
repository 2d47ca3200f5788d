// Writes a streamOptimized extent in VMware's layout: header, descriptor, compressed grains between
// markers, each grain table behind its grains, then the directory, the footer and the end. Offsets
// are in bytes, all else in sectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/files/file.h"

namespace vix::format::vmdk {

// A grain's bytes as a zlib stream. A shorter grain, the last of a disk, is filled with zeros.
// Thread-safe.
std::string packed_grain(std::span<const std::byte> grain);

class StreamWriter {
  public:
    // `file` must be new; `descriptor` is the text of the embedded descriptor.
    StreamWriter(std::shared_ptr<io::File> file, std::uint64_t capacity_sectors,
                 const std::string& descriptor);

    // Adds a grain in ascending order, as packed_grain() returns it. VIX_E_FILE_TOO_BIG beyond
    // 2 TiB.
    void add(std::uint64_t grain, const std::string& packed);

    // Writes the rest. After that the file is a sound extent.
    void finish();

  private:
    void append(std::span<const std::byte> bytes);
    void append_marker(std::uint64_t sectors, std::uint32_t type);
    void flush_table();

    std::shared_ptr<io::File> file_;
    std::uint64_t capacity_;
    std::uint64_t descriptor_sectors_;
    std::uint64_t next_;                    // sector in the file
    std::vector<std::uint32_t> directory_;  // sector of each table, 0: none
    std::vector<std::uint32_t> table_;      // the open one; empty: none
    std::uint64_t table_index_ = 0;
};

}  // namespace vix::format::vmdk
