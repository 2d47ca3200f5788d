// Reads a part of a disk grain by grain through memory, so that grains of zeros can be left out and
// grains can be compressed. Two threads read while the caller stores. Sizes are in sectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/progress.h"
#include "io/files/transfer.h"
#include "vm/disks/chain_reader.h"

namespace vix::ops {

// What is read: the content of a chain, or only the grains that its topmost link has.
struct GrainSource {
    vm::ChainReader* content;          // the whole chain
    vm::LinkReader* own = nullptr;     // the topmost link; nullptr: every grain counts
    vm::ChainReader* below = nullptr;  // its parents; nullptr: zeros
};

enum class ZeroGrains { Keep, LeaveOut };

// Consecutive grains in memory. The last one of an extent may be shorter.
struct GrainPiece {
    struct Grain {
        bool wanted = false;       // the source has it
        bool may_be_left = false;  // without it the disk reads as zeros there
        std::string packed;        // the grain as a zlib stream, if compression was asked for
    };
    std::uint64_t first_grain = 0;  // number within the extent
    std::vector<Grain> grains;
    std::vector<std::byte> bytes;

    std::span<const std::byte> bytes_of(std::size_t index) const;
};

class GrainCopy {
  public:
    // Called in the owner's thread, in ascending order. The piece stays valid while it is shared.
    using Store = std::function<void(const std::shared_ptr<const GrainPiece>& piece)>;

    GrainCopy(io::Transfer& transfer, Progress& progress)
        : transfer_{transfer}, progress_{progress} {}

    void compress() { compress_ = true; }

    // Passes on every wanted grain of the extent [begin, begin + sectors) of the disk. Work that
    // `store` has posted may still run when this returns. Throws the errors of reading.
    void run(std::uint64_t begin, std::uint64_t sectors, const GrainSource& source,
             ZeroGrains zeros, const Store& store);

  private:
    struct Part {
        vm::ChainRun found;
        std::uint64_t offset;  // bytes, in the piece
        std::uint64_t sectors;
    };
    struct Work {
        std::shared_ptr<GrainPiece> piece;
        std::vector<Part> parts;
    };

    static Work gather(std::uint64_t begin, std::uint64_t from, std::uint64_t to,
                       const GrainSource& source);
    void post(Work work, ZeroGrains zeros);

    io::Transfer& transfer_;
    Progress& progress_;
    bool compress_ = false;
};

}  // namespace vix::ops
