// Reads a disk's chain as one: for any sector, the run of the topmost link that has it. Extents are
// opened when the reader comes to them and left when it has passed, so a chain of any depth and
// width keeps few files open. Walk forward; going back opens anew.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "format/vmdk/extent.h"
#include "vm/disk.h"
#include "vm/settings.h"

namespace vix::vm {

// A run and the extent it lies in; never Unallocated: below the base there are zeros.
struct ChainRun {
    format::vmdk::Run run;
    std::shared_ptr<const format::vmdk::Extent> extent;  // empty for Zero
};

class LinkReader {
  public:
    LinkReader(const DiskLink& link, const Settings& settings);

    // From `sector` of the disk to the end of the run; Unallocated where the parent has it.
    ChainRun run_at(std::uint64_t sector);

    // The extent that begins at `sector` of the disk and is `sectors` long, if there is one.
    std::shared_ptr<const format::vmdk::Extent> extent_of(std::uint64_t sector,
                                                          std::uint64_t sectors);

  private:
    // The sectors of a file that an extent takes.
    struct Claim {
        std::size_t extent;
        std::uint64_t begin;
        std::uint64_t end;
    };

    void enter_extent(std::uint64_t sector);
    void claim(const format::vmdk::ExtentLine& line, const io::File& file);

    const DiskLink& link_;
    const Settings& settings_;
    std::vector<std::uint64_t> begins_;  // of each extent, and of what would follow the last
    std::map<io::FileIdentity, std::vector<Claim>> claims_;
    std::size_t index_ = 0;
    std::shared_ptr<format::vmdk::Extent> extent_;  // number index_, once it is needed
    format::vmdk::Run run_;                         // the last one found
    std::uint64_t run_begin_ = 0;
};

class ChainReader {
  public:
    ChainReader(const Disk& disk, const Settings& settings);

    ChainRun run_at(std::uint64_t sector);

    // Not for chains: an extent of the only link.
    std::shared_ptr<const format::vmdk::Extent> extent_of(std::uint64_t sector,
                                                          std::uint64_t sectors);

  private:
    std::uint64_t capacity_;
    std::vector<LinkReader> links_;
};

}  // namespace vix::vm
