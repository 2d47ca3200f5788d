// Reads a disk's chain as one disk: for each sector, the run of the topmost link that has it. A
// link keeps only its current extent open, so long chains of many extents need few open files. Read
// forward; going back reopens extents.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "format/vmdk/extent.h"
#include "vm/disks/disk.h"
#include "vm/machine/settings.h"

namespace vix::vm {

// A run and the extent that holds it. Never Unallocated: sectors that no link has read as zeros.
struct ChainRun {
    format::vmdk::Run run;
    std::shared_ptr<const format::vmdk::Extent> extent;  // empty for Zero
};

class LinkReader {
  public:
    LinkReader(const DiskLink& link, const Settings& settings);

    // Returns the run from `sector` of the disk on; Unallocated where the parent has the data.
    ChainRun run_at(std::uint64_t sector);

    // Returns the extent that begins at `sector` of the disk and is `sectors` long, if there is
    // one.
    std::shared_ptr<const format::vmdk::Extent> extent_of(std::uint64_t sector,
                                                          std::uint64_t sectors);

  private:
    // The sectors of a file that an extent uses.
    struct Claim {
        std::size_t extent;
        std::uint64_t begin;
        std::uint64_t end;
    };

    void enter_extent(std::uint64_t sector);
    void claim(const format::vmdk::ExtentLine& line, const io::File& file);

    const DiskLink& link_;
    const Settings& settings_;
    std::vector<std::uint64_t> begins_;  // first sector of each extent, and the end of the last
    std::map<io::FileIdentity, std::vector<Claim>> claims_;
    std::size_t index_ = 0;
    std::shared_ptr<format::vmdk::Extent> extent_;  // number index_, opened on demand
    format::vmdk::Run run_;                         // the last run found
    std::uint64_t run_begin_ = 0;
};

class ChainReader {
  public:
    ChainReader(const Disk& disk, const Settings& settings);

    ChainRun run_at(std::uint64_t sector);

    // Returns an extent as LinkReader does; nothing if the chain has more than one link.
    std::shared_ptr<const format::vmdk::Extent> extent_of(std::uint64_t sector,
                                                          std::uint64_t sectors);

  private:
    std::uint64_t capacity_;
    std::vector<LinkReader> links_;
};

}  // namespace vix::vm
