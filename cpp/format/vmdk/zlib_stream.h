// Packs bytes as a zlib stream (RFC 1950) and unpacks one: a compressed grain. With libdeflate if
// the build found it, which is two to three times as fast, else with zlib. What one packs, the
// other unpacks.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace vix::format::vmdk {

// The name of the library, for tests.
const char* zlib_stream_library();

// Throws VIX_E_OUT_OF_MEMORY.
std::string pack_zlib(std::span<const std::byte> bytes);

// Unpacks into the start of `target` and returns how many bytes there are. Nothing if the stream is
// damaged or does not fit. Bytes behind the end of the stream are ignored.
std::optional<std::size_t> unpack_zlib(std::span<const std::byte> packed,
                                       std::span<std::byte> target);

}  // namespace vix::format::vmdk
