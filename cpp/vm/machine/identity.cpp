#include "vm/machine/identity.h"

#include <array>
#include <cstdio>

#include "base/random.h"

namespace vix::vm {
namespace {

std::string hex(unsigned char byte) {
    std::array<char, 3> text{};
    std::snprintf(text.data(), text.size(), "%02x", byte);
    return text.data();
}

// "aa bb cc dd ee ff 00 11-22 33 ..": VMware's notation for 16 bytes.
std::string spaced(const RandomBytes& bytes) {
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
        const RandomBytes bytes = random_bytes();
        ContentId id{};
        for (const unsigned char byte : bytes) {
            id.long_id += hex(byte);
            id.cid = id.cid << 8 | byte;  // the last four bytes remain
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
