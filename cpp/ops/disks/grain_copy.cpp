#include "ops/disks/grain_copy.h"

#include <algorithm>
#include <utility>

#include "base/units.h"
#include "format/vmdk/sparse_writer.h"
#include "format/vmdk/stream_writer.h"

namespace vix::ops {
namespace {

using format::vmdk::kGrainBytes;
using format::vmdk::kGrainSectors;
using format::vmdk::Run;

constexpr std::uint64_t kPieceGrains = 16;  // 1 MiB
constexpr std::uint64_t kPieceSectors = kPieceGrains * kGrainSectors;
constexpr std::size_t kBatch = 16;  // pieces; at most twice as many are in memory

bool is_zeros(std::span<const std::byte> bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

// A run of a flat file may be a hole of the file system, which needs no reading.
bool is_hole(const vm::ChainRun& found, std::uint64_t sectors) {
    if (found.run.kind != Run::Kind::Data) return false;
    const auto data = found.extent->file()->next_data(found.run.file_offset);
    return !data || *data >= found.run.file_offset + sectors * kSectorSize;
}

void read_part(const vm::ChainRun& found, std::span<std::byte> target,
               std::span<std::byte> scratch) {
    if (found.run.kind == Run::Kind::Data) {
        found.extent->file()->read_at(found.run.file_offset, target);
        return;
    }
    const auto grain = scratch.first(found.extent->grain_bytes());
    found.extent->read_compressed(found.run, grain);
    const auto part = grain.subspan(found.run.sectors_to_skip * kSectorSize, target.size());
    std::copy(part.begin(), part.end(), target.begin());
}

// Calls `visit` with each grain that the sectors [from, to) touch.
template <typename Visit>
void for_grains(std::uint64_t from, std::uint64_t to, Visit visit) {
    for (std::uint64_t grain = from / kGrainSectors; grain * kGrainSectors < to; ++grain) {
        visit(grain);
    }
}

}  // namespace

std::span<const std::byte> GrainPiece::bytes_of(std::size_t index) const {
    const std::size_t begin = index * kGrainBytes;
    return std::span{bytes}.subspan(begin,
                                    std::min<std::size_t>(kGrainBytes, bytes.size() - begin));
}

GrainCopy::Work GrainCopy::gather(std::uint64_t begin, std::uint64_t from, std::uint64_t to,
                                  const GrainSource& source) {
    Work work;
    work.piece = std::make_shared<GrainPiece>();
    GrainPiece& piece = *work.piece;
    const std::uint64_t sectors = to - from;
    piece.first_grain = (from - begin) / kGrainSectors;
    piece.grains.resize(divide_up(sectors, kGrainSectors));
    const auto walk = [&](auto& reader, auto visit) {
        for (std::uint64_t sector = from; sector < to;) {
            const vm::ChainRun found = reader.run_at(sector);
            const std::uint64_t count = std::min(found.run.sectors, to - sector);
            visit(found, sector - from, count);
            sector += count;
        }
    };
    for (GrainPiece::Grain& grain : piece.grains) {
        grain.wanted = source.own == nullptr;
        grain.may_be_left = true;
    }
    std::vector<bool> zeroed(piece.grains.size());
    if (source.own != nullptr) {
        walk(*source.own, [&](const vm::ChainRun& found, std::uint64_t at, std::uint64_t count) {
            if (found.run.kind == Run::Kind::Unallocated) return;
            const bool zeros = found.run.kind == Run::Kind::Zero;
            for_grains(at, at + count, [&](std::uint64_t grain) {
                if (zeros) {
                    zeroed[grain] = true;
                } else {
                    piece.grains[grain].wanted = true;
                }
            });
        });
    }
    if (source.below != nullptr) {
        walk(*source.below, [&](const vm::ChainRun& found, std::uint64_t at, std::uint64_t count) {
            if (found.run.kind == Run::Kind::Zero) return;
            for_grains(at, at + count,
                       [&](std::uint64_t grain) { piece.grains[grain].may_be_left = false; });
        });
    }
    // An entry for zeros needs a grain only where the parents have data.
    for (std::size_t i = 0; i < piece.grains.size(); ++i) {
        if (zeroed[i] && !piece.grains[i].may_be_left) piece.grains[i].wanted = true;
    }
    walk(*source.content, [&](const vm::ChainRun& found, std::uint64_t at, std::uint64_t count) {
        if (found.run.kind == Run::Kind::Zero || is_hole(found, count)) return;
        work.parts.push_back({found, at * kSectorSize, count});
    });
    return work;
}

void GrainCopy::post(Work work, ZeroGrains zeros) {
    transfer_.post(
        [work = std::move(work), zeros, compress = compress_](std::span<std::byte> scratch) {
            GrainPiece& piece = *work.piece;
            for (const Part& part : work.parts) {
                const auto target =
                    std::span{piece.bytes}.subspan(part.offset, part.sectors * kSectorSize);
                read_part(part.found, target, scratch);
            }
            for (std::size_t i = 0; i < piece.grains.size(); ++i) {
                GrainPiece::Grain& grain = piece.grains[i];
                const auto bytes = piece.bytes_of(i);
                if (zeros == ZeroGrains::LeaveOut && grain.may_be_left && is_zeros(bytes)) {
                    grain.wanted = false;
                }
                if (compress && grain.wanted) grain.packed = format::vmdk::packed_grain(bytes);
            }
        });
}

void GrainCopy::run(std::uint64_t begin, std::uint64_t sectors, const GrainSource& source,
                    ZeroGrains zeros, const Store& store) {
    const std::uint64_t end = begin + sectors;
    std::vector<std::shared_ptr<GrainPiece>> batch;
    const auto store_batch = [&] {
        transfer_.finish();
        for (const auto& piece : batch) store(piece);
        batch.clear();
    };
    for (std::uint64_t sector = begin; sector < end;) {
        const std::uint64_t to = std::min(sector + kPieceSectors, end);
        Work work = gather(begin, sector, to, source);
        progress_.add((to - sector) * kSectorSize);
        sector = to;
        GrainPiece& piece = *work.piece;
        const bool nothing =
            std::none_of(piece.grains.begin(), piece.grains.end(), [&](const auto& grain) {
                const bool left = zeros == ZeroGrains::LeaveOut && grain.may_be_left;
                return grain.wanted && !(left && work.parts.empty());
            });
        if (nothing) continue;
        piece.bytes.resize((to - begin - piece.first_grain * kGrainSectors) * kSectorSize);
        batch.push_back(work.piece);
        post(std::move(work), zeros);
        if (batch.size() >= kBatch) store_batch();
    }
    store_batch();
}

}  // namespace vix::ops
