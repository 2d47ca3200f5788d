// Opens any bytes as a sparse extent of any kind. It is refused, or every run is walked and read.
// The first byte selects the kind and the size that the descriptor claims. The second selects how
// many sectors of hole follow the bytes, so that entries may point behind them.
#include "fuzz/shared/extent_walk.h"
#include "fuzz/shared/scratch_file.h"

using namespace vix;
using format::vmdk::ExtentType;

constexpr ExtentType kTypes[] = {ExtentType::Sparse, ExtentType::VmfsSparse, ExtentType::SeSparse,
                                 ExtentType::Flat};

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const auto bytes = std::as_bytes(std::span{data + 2, size - 2});
    format::vmdk::ExtentLine line;
    line.type = kTypes[data[0] % 4];
    line.sectors = std::uint64_t{1} << (data[0] / 4 % 32);
    try {
        const auto file = fuzz::file_of(bytes, std::uint64_t{data[1]} * data[1] * kSectorSize);
        format::vmdk::read_embedded_descriptor(*file);
        fuzz::walk(*format::vmdk::open_extent(line, file));
    } catch (const Error&) {
    }
    return 0;
}
