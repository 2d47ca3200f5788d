// Parses any bytes as a snapshot state (.vmsn). It is refused with an Error, or writing and reading
// preserve its content.
#include <cstdlib>

#include "base/error.h"
#include "format/vmsn.h"
#include "fuzz/shared/scratch_file.h"
#include "testing/disks/round_trip.h"

using namespace vix;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    format::VmsnContent content;
    try {
        content = format::read_vmsn(*fuzz::file_of(std::as_bytes(std::span{data, size})));
    } catch (const Error&) {
        return 0;
    }
    const auto read = [](const std::string& bytes) {
        return format::read_vmsn(*fuzz::file_of(io::as_bytes(bytes)));
    };
    if (!testing::lost_by_writing(content, read).empty()) std::abort();
    return 0;
}
