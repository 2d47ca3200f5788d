#include "vm/identity.h"

#include <array>
#include <cstdio>
#include <random>

namespace vix::vm {
namespace {

using Bytes = std::array<unsigned char, 16>;

Bytes random_bytes() {
    static_assert(sizeof(std::random_device::result_type) == 4);
    std::random_device random;  // the kernel's; never seeded by hand
    Bytes bytes{};
    for (std::size_t i = 0; i < bytes.size(); i += 4) {
        const std::uint32_t word = random();
        for (std::size_t j = 0; j < 4; ++j)
            bytes[i + j] = static_cast<unsigned char>(word >> 8 * j);
    }
    return bytes;
}

std::string hex(unsigned char byte) {
    std::array<char, 3> text{};
    std::snprintf(text.data(), text.size(), "%02x", byte);
    return text.data();
}

// "aa bb cc dd ee ff 00 11-22 33 ..": VMware's way of writing sixteen bytes.
std::string spaced(const Bytes& bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i > 0) text += i == 8 ? '-' : ' ';
        text += hex(bytes[i]);
    }
    return text;
}

}  // namespace

ContentId new_content_id() {
    for (;;) {
        const Bytes bytes = random_bytes();
        ContentId id{};
        for (const unsigned char byte : bytes) {
            id.long_id += hex(byte);
            id.cid = id.cid << 8 | byte;  // ends as the last four
        }
        if (id.cid != 0 && id.cid < 0xFFFFFFFE) return id;
    }
}

std::string new_disk_uuid() {
    const std::string random = spaced(random_bytes());
    return "60 00 C2 9" + random.substr(10);
}

std::string new_vm_id() {
    return "52" + spaced(random_bytes()).substr(2);
}

std::string new_generation_id() {
    std::uint64_t value = 0;
    for (const unsigned char byte : random_bytes()) value = value << 8 | byte;
    return std::to_string(static_cast<std::int64_t>(value));
}

}  // namespace vix::vm
