#include "format/vmdk/zlib_stream.h"

#ifdef VIX_WITH_LIBDEFLATE
#include <libdeflate.h>
#else
#include <zlib.h>
#endif

#include <memory>

#include "base/error.h"

namespace vix::format::vmdk {
namespace {

[[noreturn]] void throw_no_memory() {
    throw Error{VIX_E_OUT_OF_MEMORY, "there is no memory to compress or decompress a grain"};
}

}  // namespace

#ifdef VIX_WITH_LIBDEFLATE

namespace {

constexpr int kLevel = 6;  // zlib's default level

struct Free {
    void operator()(libdeflate_compressor* packer) const { libdeflate_free_compressor(packer); }
    void operator()(libdeflate_decompressor* unpacker) const {
        libdeflate_free_decompressor(unpacker);
    }
};

// One for each thread that asks: it may not be shared, and making one for each grain takes time.
libdeflate_compressor* packer() {
    thread_local const std::unique_ptr<libdeflate_compressor, Free> own{
        libdeflate_alloc_compressor(kLevel)};
    if (!own) throw_no_memory();
    return own.get();
}

libdeflate_decompressor* unpacker() {
    thread_local const std::unique_ptr<libdeflate_decompressor, Free> own{
        libdeflate_alloc_decompressor()};
    if (!own) throw_no_memory();
    return own.get();
}

}  // namespace

const char* zlib_stream_library() {
    return "libdeflate";
}

std::string pack_zlib(std::span<const std::byte> bytes) {
    std::string packed(libdeflate_zlib_compress_bound(packer(), bytes.size()), '\0');
    packed.resize(libdeflate_zlib_compress(packer(), bytes.data(), bytes.size(), packed.data(),
                                           packed.size()));
    if (packed.empty()) throw_no_memory();
    return packed;
}

std::optional<std::size_t> unpack_zlib(std::span<const std::byte> packed,
                                       std::span<std::byte> target) {
    std::size_t size = 0;
    const auto result = libdeflate_zlib_decompress(unpacker(), packed.data(), packed.size(),
                                                   target.data(), target.size(), &size);
    return result == LIBDEFLATE_SUCCESS ? std::optional{size} : std::nullopt;
}

#else

const char* zlib_stream_library() {
    return "zlib";
}

std::string pack_zlib(std::span<const std::byte> bytes) {
    uLongf size = compressBound(bytes.size());
    std::string packed(size, '\0');
    const int status = compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                                 reinterpret_cast<const Bytef*>(bytes.data()), bytes.size(),
                                 Z_DEFAULT_COMPRESSION);
    if (status != Z_OK) throw_no_memory();
    packed.resize(size);
    return packed;
}

std::optional<std::size_t> unpack_zlib(std::span<const std::byte> packed,
                                       std::span<std::byte> target) {
    uLongf size = target.size();
    const int status = uncompress(reinterpret_cast<Bytef*>(target.data()), &size,
                                  reinterpret_cast<const Bytef*>(packed.data()), packed.size());
    return status == Z_OK ? std::optional<std::size_t>{size} : std::nullopt;
}

#endif

}  // namespace vix::format::vmdk
