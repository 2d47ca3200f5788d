// Parses any bytes as a snapshot state (.vmsn). It is refused with an Error, or writing and reading
// preserve its content.
#include <cstdlib>

#include "base/error.h"
#include "format/vmsn.h"
#include "fuzz/scratch_file.h"

using namespace vix;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    format::VmsnContent content;
    try {
        content = format::read_vmsn(*fuzz::file_of(std::as_bytes(std::span{data, size})));
    } catch (const Error&) {
        return 0;
    }
    const std::string bytes = format::to_vmsn(content);
    const auto again = format::read_vmsn(*fuzz::file_of(io::as_bytes(bytes)));
    const bool same = again.config == content.config && again.nvram == content.nvram &&
                      again.extended_config == content.extended_config;
    if (!same) std::abort();
    return 0;
}
