// Parses any bytes as a dictionary. Writing returns the same bytes. An edit takes effect, or is
// refused with an Error and changes nothing.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "format/dictionary.h"
#include "testing/disks/round_trip.h"

static bool set(vix::format::Dictionary& dictionary, std::string_view value) {
    const std::string before = dictionary.to_bytes();
    try {
        dictionary.set("vix.fuzz", value);
        return true;
    } catch (const vix::Error&) {
        if (dictionary.to_bytes() != before) std::abort();
        return false;
    }
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using vix::format::Dictionary;
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    Dictionary dictionary = Dictionary::parse(bytes);
    if (!vix::testing::lost_by_writing(dictionary, bytes).empty()) std::abort();
    const char* values[] = {"plain \"value\" ||22", "\xE4\xBD\x8D \xF0\x9F\x98\x80"};
    for (const char* value : values) {
        if (!set(dictionary, value)) continue;
        if (dictionary.find("VIX.FUZZ") != value) std::abort();
        if (Dictionary::parse(dictionary.to_bytes()).find("vix.fuzz") != value) std::abort();
    }
    dictionary.remove("vix.fuzz");
    if (dictionary.find("vix.fuzz")) std::abort();
    return 0;
}
