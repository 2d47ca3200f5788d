// Parses any text as a descriptor. It is refused with an Error, or its meaning survives writing and
// reading. Only a name that is not UTF-8 keeps it from being written.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "format/vmdk/descriptor.h"

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

static bool is_named_in_utf8(const Descriptor& descriptor) {
    return vix::is_utf8(descriptor.parent_hint) &&
           std::all_of(descriptor.extents.begin(), descriptor.extents.end(),
                       [](const ExtentLine& extent) { return vix::is_utf8(extent.name); });
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto descriptor = parse({reinterpret_cast<const char*>(data), size});
    if (!descriptor) return 0;
    try {
        const std::string written = to_text(*descriptor);
        const auto again = parse(written);
        if (!again || to_text(*again) != written) std::abort();
    } catch (const vix::Error&) {
        if (is_named_in_utf8(*descriptor)) std::abort();
    }
    return 0;
}
