// Parses any bytes as a lock member. It is ignored, or writing and reading preserve it.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "io/locks/lock.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vix::io;
    std::string bytes{reinterpret_cast<const char*>(data), size};
    bytes.resize(512, '\0');
    const auto member = parse_lock_member(bytes);
    if (!member) return 0;
    is_stale(*member);
    const std::string written = to_text(*member, "/vms/fuzz.vmx.lck");
    const auto again = parse_lock_member(written);
    // A member that fills its file leaves no space for the checksum.
    if (again && (again->machine != member->machine || again->lamport != member->lamport)) {
        std::abort();
    }
    return 0;
}
