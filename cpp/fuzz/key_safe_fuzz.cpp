// Parses any bytes as a key safe. It is refused with an Error, or what is in it is bounded.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "format/key_safe.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    try {
        const auto safe = vix::format::parse_key_safe(text, "fuzz.vmx");
        if (safe.phrases.size() + safe.others.size() > 100) std::abort();
        for (const auto& phrase : safe.phrases) {
            if (phrase.rounds == 0 || phrase.rounds > 1'000'000) std::abort();
            if (phrase.data.size() > size || phrase.salt.size() > size) std::abort();
        }
    } catch (const vix::Error& error) {
        if (error.code() != vix::VIX_E_CRYPTO_BAD_FORMAT) std::abort();
    }
    return 0;
}
