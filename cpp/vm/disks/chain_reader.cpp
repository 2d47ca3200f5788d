#include "vm/disks/chain_reader.h"

#include <algorithm>

#include "base/error.h"

namespace vix::vm {

using format::vmdk::Access;
using format::vmdk::Extent;
using format::vmdk::ExtentLine;
using format::vmdk::ExtentType;
using format::vmdk::Run;

LinkReader::LinkReader(const DiskLink& link, const Settings& settings)
    : link_{link}, settings_{settings} {
    std::uint64_t begin = 0;
    for (const ExtentLine& line : link.descriptor.extents) {
        begins_.push_back(begin);
        begin += line.sectors;  // open_disk() has checked the sum for overflow
    }
    begins_.push_back(begin);
}

void LinkReader::enter_extent(std::uint64_t sector) {
    const auto next = std::upper_bound(begins_.begin(), begins_.end(), sector);
    const auto index = static_cast<std::size_t>(next - begins_.begin()) - 1;
    if (extent_ && index == index_) return;
    extent_.reset();
    run_ = {};
    index_ = index;
    const ExtentLine& line = link_.descriptor.extents[index];
    if (line.access == Access::None && line.type != ExtentType::Zero) {
        throw Error{VIX_E_DISK_NOTSUPPORTED, link_.path.string() + ": its extent " + line.name +
                                                 " is marked NOACCESS and cannot be read"};
    }
    std::shared_ptr<const io::File> file;
    if (link_.embedded) {
        // The descriptor may still name the file as it was called before a rename.
        file = std::make_shared<io::File>(io::File::open(link_.path, io::Links::Refuse));
    } else if (line.type != ExtentType::Zero) {
        file = std::make_shared<io::File>(
            open_extent_file({line.name, line.name_bytes}, link_.folder(), settings_));
    }
    if (file) claim(line, *file);
    extent_ = format::vmdk::open_extent(line, std::move(file));
}

// Two extents that share sectors of a file would let a small file pass for a large disk. Flat
// extents may share a file, as the partitions of one disk do, but not its sectors.
void LinkReader::claim(const ExtentLine& line, const io::File& file) {
    Claim claim{index_, 0, ~std::uint64_t{0}};
    if (is_flat(line)) claim = {index_, line.offset_sectors, line.offset_sectors + line.sectors};
    auto& claims = claims_[file.identity()];
    for (const Claim& other : claims) {
        if (other.extent == index_) return;  // this extent was entered before
        if (other.begin < claim.end && claim.begin < other.end) {
            throw Error{VIX_E_DISK_NEEDSREPAIR,
                        link_.path.string() + ": two of its extents use the same sectors of " +
                            line.name + ", so the descriptor is damaged"};
        }
    }
    claims.push_back(claim);
}

ChainRun LinkReader::run_at(std::uint64_t sector) {
    const bool in_last_run = extent_ && sector >= run_begin_ && sector < run_begin_ + run_.sectors;
    if (!in_last_run) {
        enter_extent(sector);
        run_ = extent_->run_at(sector - begins_[index_]);
        run_begin_ = sector;
    }
    const Run run = run_.from(sector - run_begin_);
    const bool in_file = run.kind == Run::Kind::Data || run.kind == Run::Kind::Compressed;
    return {run, in_file ? extent_ : nullptr};
}

std::shared_ptr<const Extent> LinkReader::extent_of(std::uint64_t sector, std::uint64_t sectors) {
    enter_extent(sector);
    const bool same = begins_[index_] == sector && begins_[index_ + 1] == sector + sectors;
    return same ? extent_ : nullptr;
}

ChainReader::ChainReader(const Disk& disk, const Settings& settings)
    : capacity_{disk.capacity_sectors} {
    links_.reserve(disk.chain.size());
    for (const DiskLink& link : disk.chain) links_.emplace_back(link, settings);
}

ChainRun ChainReader::run_at(std::uint64_t sector) {
    ChainRun found;
    std::uint64_t limit = capacity_ - sector;
    for (LinkReader& link : links_) {
        found = link.run_at(sector);
        limit = std::min(limit, found.run.sectors);
        if (found.run.kind != Run::Kind::Unallocated) break;
    }
    if (found.run.kind == Run::Kind::Unallocated) found.run.kind = Run::Kind::Zero;
    found.run.sectors = limit;
    return found;
}

std::shared_ptr<const Extent> ChainReader::extent_of(std::uint64_t sector, std::uint64_t sectors) {
    return links_.size() == 1 ? links_.front().extent_of(sector, sectors) : nullptr;
}

}  // namespace vix::vm
