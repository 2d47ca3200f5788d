// Any bytes as a sparse extent of any kind: opened or refused, and then every run of it is walked
// and read. The first byte chooses the kind and how much of its capacity the descriptor claims; the
// second how many sectors of hole follow the bytes, so that entries may point behind them.
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "format/vmdk/extent.h"

namespace {

using namespace vix;
using format::vmdk::Extent;
using format::vmdk::ExtentType;
using format::vmdk::Run;

constexpr ExtentType kTypes[] = {ExtentType::Sparse, ExtentType::VmfsSparse, ExtentType::SeSparse,
                                 ExtentType::Flat};

std::shared_ptr<const io::File> file_of(std::span<const std::byte> bytes, std::uint64_t hole) {
    const io::fs::path path = "/dev/shm/vix-fuzz-" + std::to_string(getpid());
    io::File file = io::File::create(path, 0600);
    unlink(path.c_str());
    file.write_at(0, bytes);
    file.resize(bytes.size() + hole);
    return std::make_shared<io::File>(std::move(file));
}

void read_run(const Extent& extent, const Run& run) {
    if (run.kind == Run::Kind::Data) {
        std::vector<std::byte> sector(kSectorSize);
        extent.file()->read_at(run.file_offset, sector);
        extent.file()->read_at(run.file_offset + (run.sectors - 1) * kSectorSize, sector);
    } else if (run.kind == Run::Kind::Compressed) {
        std::vector<std::byte> grain(extent.grain_bytes());
        extent.read_compressed(run, grain);
    }
}

void walk(Extent& extent) {
    for (std::uint64_t sector = 0; sector < extent.sectors();) {
        const Run run = extent.run_at(sector);
        if (run.sectors == 0 || run.sectors > extent.sectors() - sector) std::abort();
        try {
            read_run(extent, run);
        } catch (const Error&) {
        }
        sector += run.sectors;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const auto bytes = std::as_bytes(std::span{data + 2, size - 2});
    format::vmdk::ExtentLine line;
    line.type = kTypes[data[0] % 4];
    line.sectors = std::uint64_t{1} << (data[0] / 4 % 32);
    try {
        const auto file = file_of(bytes, std::uint64_t{data[1]} * data[1] * kSectorSize);
        format::vmdk::read_embedded_descriptor(*file);
        walk(*format::vmdk::open_extent(line, file));
    } catch (const Error&) {
    }
    return 0;
}
