// Bytes of disk images, shared by the builders of all extent kinds. The builders implement the
// format notes independently of the code under test, and return each part's position so that a test
// can damage exactly that.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vix::testing {

using Image = std::string;

inline constexpr std::uint64_t kSector = 512;

// Little endian. An image that is too short grows with zeros.
void put16(Image& image, std::uint64_t offset, std::uint64_t value);
void put32(Image& image, std::uint64_t offset, std::uint64_t value);
void put64(Image& image, std::uint64_t offset, std::uint64_t value);
void put_bytes(Image& image, std::uint64_t offset, std::string_view bytes);
std::uint64_t get32(const Image& image, std::uint64_t offset);
std::uint64_t get64(const Image& image, std::uint64_t offset);

// Sectors that identify themselves: each begins with its number on the disk, followed by `fill`.
std::string content(char fill, std::uint64_t first_sector, std::uint64_t sectors);

// A zlib stream (RFC 1950).
std::string deflated(const std::string& bytes);

}  // namespace vix::testing
