// Parses any text as a descriptor. It is refused with an Error, or its meaning survives writing and
// reading. Only a name that is not UTF-8 keeps it from being written.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "format/vmdk/descriptor.h"
#include "testing/disks/round_trip.h"

using namespace vix::format::vmdk;

static std::optional<Descriptor> parse(std::string_view text) {
    try {
        Descriptor descriptor = parse_descriptor(text, "fuzz.vmdk");
        descriptor.capacity_sectors();
        return descriptor;
    } catch (const vix::Error&) {
        return std::nullopt;
    }
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto descriptor = parse({reinterpret_cast<const char*>(data), size});
    if (!descriptor) return 0;
    if (!vix::testing::lost_by_writing(*descriptor).empty()) std::abort();
    return 0;
}
