// Puts any bytes behind the header of a stream-optimized extent, to test markers, compressed
// grains, footers and tables at the end rather than the header's checks. Every run is inflated. The
// first two bytes set the extent's claimed size in sectors, the third where the directory is.
#include <algorithm>
#include <cstring>

#include "format/vmdk/headers.h"
#include "fuzz/shared/extent_walk.h"
#include "fuzz/shared/scratch_file.h"

using namespace vix;

// The fields of the specification at their offsets; sizes and offsets in sectors.
static std::vector<std::byte> header(std::uint64_t capacity, bool directory_at_end) {
    std::vector<std::byte> bytes(kSectorSize);
    const auto put = [&](std::size_t at, std::uint64_t value, std::size_t size) {
        std::memcpy(bytes.data() + at, &value, size);  // this machine is little endian
    };
    put(0, 0x564D444B, 4);  // "KDMV"
    put(4, 3, 4);
    put(8, 0x30001, 4);  // line ends valid, compressed, markers
    put(12, capacity, 8);
    put(20, 128, 8);
    put(44, 512, 4);
    put(56, directory_at_end ? ~std::uint64_t{0} : 1, 8);
    put(64, 1, 8);
    std::memcpy(bytes.data() + 73, "\n \r\n", 4);
    put(77, 1, 2);
    return bytes;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    format::vmdk::ExtentLine line;
    line.type = format::vmdk::ExtentType::Sparse;
    line.sectors = (data[0] | std::uint64_t{data[1]} << 8) + 1;
    auto bytes = header(line.sectors, data[2] % 2 == 0);
    const auto rest = std::as_bytes(std::span{data + 3, size - 3});
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    try {
        fuzz::walk(*format::vmdk::open_extent(line, fuzz::file_of(bytes)));
    } catch (const Error&) {
    }
    return 0;
}
