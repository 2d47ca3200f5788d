#include "testing/disks/image.h"

#include <zlib.h>

#include <stdexcept>

namespace vix::testing {
namespace {

void put(Image& image, std::uint64_t offset, std::uint64_t value, std::size_t width) {
    if (image.size() < offset + width) image.resize(offset + width, '\0');
    for (std::size_t i = 0; i < width; ++i) {
        image[offset + i] = static_cast<char>(value >> 8 * i & 0xFF);
    }
}

std::uint64_t get(const Image& image, std::uint64_t offset, std::size_t width) {
    std::uint64_t value = 0;
    for (std::size_t i = width; i-- > 0;) {
        value = value << 8 | static_cast<unsigned char>(image.at(offset + i));
    }
    return value;
}

}  // namespace

void put16(Image& image, std::uint64_t offset, std::uint64_t value) {
    put(image, offset, value, 2);
}

void put32(Image& image, std::uint64_t offset, std::uint64_t value) {
    put(image, offset, value, 4);
}

void put64(Image& image, std::uint64_t offset, std::uint64_t value) {
    put(image, offset, value, 8);
}

void put_bytes(Image& image, std::uint64_t offset, std::string_view bytes) {
    if (image.size() < offset + bytes.size()) image.resize(offset + bytes.size(), '\0');
    image.replace(offset, bytes.size(), bytes);
}

std::uint64_t get32(const Image& image, std::uint64_t offset) {
    return get(image, offset, 4);
}

std::uint64_t get64(const Image& image, std::uint64_t offset) {
    return get(image, offset, 8);
}

std::string content(char fill, std::uint64_t first_sector, std::uint64_t sectors) {
    std::string bytes(sectors * kSector, fill);
    for (std::uint64_t i = 0; i < sectors; ++i) put64(bytes, i * kSector, first_sector + i);
    return bytes;
}

std::string deflated(const std::string& bytes) {
    uLongf size = compressBound(bytes.size());
    std::string packed(size, '\0');
    const int result = compress(reinterpret_cast<Bytef*>(packed.data()), &size,
                                reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    if (result != Z_OK) throw std::runtime_error{"cannot compress"};
    packed.resize(size);
    return packed;
}

}  // namespace vix::testing
