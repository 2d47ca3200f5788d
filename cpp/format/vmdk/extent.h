// Where the sectors of an extent are: every kind of extent answers with runs, which say that a
// stretch of sectors is not allocated, reads as zeros, or lies in the extent's file. Nothing that a
// file says about itself is believed before it is checked against the file's size.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "format/vmdk/descriptor.h"
#include "format/vmdk/grain_tables.h"
#include "format/vmdk/headers.h"
#include "io/file.h"

namespace vix::format::vmdk {

struct Run {
    enum class Kind {
        Unallocated,  // the parent has it; without a parent it reads as zeros
        Zero,
        Data,        // in the file from file_offset on, as it is
        Compressed,  // in the grain whose record begins at file_offset
    };

    Kind kind = Kind::Unallocated;
    std::uint64_t sectors = 0;
    std::uint64_t file_offset = 0;      // bytes
    std::uint64_t grain_sector = 0;     // Compressed: the grain's first sector within the extent
    std::uint64_t sectors_to_skip = 0;  // Compressed: from the grain's begin to the run's

    // The same run without its first `count` sectors.
    Run from(std::uint64_t count) const;
};

class Extent {
  public:
    virtual ~Extent() = default;

    std::uint64_t sectors() const { return sectors_; }

    // The longest run that begins at `sector` (< sectors()). Walking forward is fast.
    virtual Run run_at(std::uint64_t sector) = 0;

    // The file that holds the runs of kind Data and Compressed.
    const std::shared_ptr<const io::File>& file() const { return file_; }

    // Fills `grain` with the sectors of a Compressed run's whole grain. May be called from any
    // thread.
    virtual void read_compressed(const Run& run, std::span<std::byte> grain) const;
    virtual std::uint64_t grain_bytes() const { return 0; }

    // A hosted sparse extent whose copy, byte for byte, is as sound as a new one; its header then.
    virtual const HostedHeader* copyable_header() const { return nullptr; }
    // The first sector of that file that is in use behind the header and the descriptor.
    virtual std::uint64_t first_used_sector() const { return 0; }
    // Whether any entry says "zeros": then the copy's header must allow for it.
    virtual bool has_zeroed_grains() const { return false; }

  protected:
    Extent(std::shared_ptr<const io::File> file, std::uint64_t sectors)
        : file_{std::move(file)}, sectors_{sectors} {}

  private:
    std::shared_ptr<const io::File> file_;
    std::uint64_t sectors_;
};

// Opens the extent that a descriptor's line speaks of. `file` is empty for Zero extents. Errors:
// VIX_E_DISK_INVALIDDISK (no such extent, impossible fields), VIX_E_DISK_NEEDSREPAIR (cut short,
// entries that point outside or twice to one place), VIX_E_DISK_UNSUPPORTEDDISKVERSION,
// VIX_E_DISK_NOTSUPPORTED.
std::unique_ptr<Extent> open_extent(const ExtentLine& line, std::shared_ptr<const io::File> file);

// The header of a hosted sparse extent; its footer, where that is the one that counts.
HostedHeader read_header(const io::File& file);

// Whether a footer at the end of a hosted sparse extent counts instead of its header.
bool has_footer(const io::File& file);

// The map of an extent that has grains, whatever its form. Errors as open_extent().
GrainMap sparse_map(const ExtentLine& line, const io::File& file);

// The map of a hosted sparse extent that shall hold `sectors`. Errors as open_extent().
GrainMap hosted_map(const io::File& file, std::uint64_t sectors);

// The embedded descriptor of a hosted sparse extent; empty if the file is none or has none.
std::string read_embedded_descriptor(const io::File& file);

}  // namespace vix::format::vmdk
