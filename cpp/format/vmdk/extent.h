// Maps the sectors of an extent. Every kind of extent returns runs: ranges of sectors that are
// unallocated, read as zeros, or lie in the extent's file. Nothing that a file claims is trusted
// before it is checked against the file's size. File offsets are in bytes, all else in sectors.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "format/vmdk/descriptor.h"
#include "format/vmdk/grain_tables.h"
#include "format/vmdk/headers.h"
#include "io/files/file.h"

namespace vix::format::vmdk {

struct Run {
    enum class Kind {
        Unallocated,  // the parent's data; zeros without a parent
        Zero,
        Data,        // unchanged in the file, from file_offset on
        Compressed,  // in the compressed grain whose record begins at file_offset
    };

    Kind kind = Kind::Unallocated;
    std::uint64_t sectors = 0;
    std::uint64_t file_offset = 0;      // bytes
    std::uint64_t grain_sector = 0;     // Compressed: the grain's first sector within the extent
    std::uint64_t sectors_to_skip = 0;  // Compressed: from the grain's first sector to the run's

    // The same run without its first `count` sectors.
    Run from(std::uint64_t count) const;
};

class Extent {
  public:
    virtual ~Extent() = default;

    std::uint64_t sectors() const { return sectors_; }

    // The longest run that begins at `sector` (< sectors()); a compressed run ends with its grain.
    // Fast for ascending sectors.
    virtual Run run_at(std::uint64_t sector) = 0;

    // The file that holds the Data and Compressed runs.
    const std::shared_ptr<const io::File>& file() const { return file_; }

    // Fills `grain` with the whole grain of a Compressed run. Thread-safe. VIX_E_DISK_NEEDSREPAIR
    // if it cannot be unpacked.
    virtual void read_compressed(const Run& run, std::span<std::byte> grain) const;
    virtual std::uint64_t grain_bytes() const { return 0; }

    // The header of a hosted sparse extent whose byte-for-byte copy is as sound as a new extent,
    // else nullptr.
    virtual const HostedHeader* copyable_header() const { return nullptr; }
    // The first sector of that file in use behind header and descriptor.
    virtual std::uint64_t first_used_sector() const { return 0; }
    // True if any entry means "zeros"; the copy's header must allow that then.
    virtual bool has_zeroed_grains() const { return false; }

  protected:
    Extent(std::shared_ptr<const io::File> file, std::uint64_t sectors)
        : file_{std::move(file)}, sectors_{sectors} {}

  private:
    std::shared_ptr<const io::File> file_;
    std::uint64_t sectors_;
};

// Opens the extent that a descriptor's line describes. `file` is empty for Zero extents. Throws:
//   VIX_E_DISK_INVALIDDISK: not such an extent, or impossible fields
//   VIX_E_DISK_NEEDSREPAIR: truncated; entries that point outside the file or twice to one place
//   VIX_E_DISK_UNSUPPORTEDDISKVERSION, VIX_E_DISK_NOTSUPPORTED: unknown version or compression
//   VIX_E_DISK_UNSUPPORTEDDEVICE: a physical disk
std::unique_ptr<Extent> open_extent(const ExtentLine& line, std::shared_ptr<const io::File> file);

// The header of a hosted sparse extent, or its footer if that is the valid one.
HostedHeader read_header(const io::File& file);

// Whether a footer at the end of a hosted sparse extent replaces its header.
bool has_footer(const io::File& file);

// The map of an extent with grains, in any form. Errors as open_extent().
GrainMap sparse_map(const ExtentLine& line, const io::File& file);

// The map of a hosted sparse extent that must have at least `sectors`. Errors as open_extent().
GrainMap hosted_map(const io::File& file, std::uint64_t sectors);

// The embedded descriptor of a hosted sparse extent. Empty if the file is not such an extent or has
// none.
std::string read_embedded_descriptor(const io::File& file);

}  // namespace vix::format::vmdk
