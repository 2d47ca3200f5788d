// Reads any bytes as the dump of a guest's memory. It is refused, or its blocks lie in the file.
#include <cstdlib>

#include "base/error.h"
#include "format/memory_dump.h"
#include "fuzz/shared/scratch_file.h"

using namespace vix;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto file = fuzz::file_of(std::as_bytes(std::span{data, size}));
    try {
        for (const auto& block : format::memory_blocks(*file, "dump")) {
            if (block.file_offset > size || size - block.file_offset < block.bytes) std::abort();
        }
    } catch (const Error&) {
    }
    return 0;
}
