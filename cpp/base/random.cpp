#include "base/random.h"

#include <sys/random.h>

#include <cerrno>

#include "base/error.h"

namespace vix {

// Not std::random_device: in a virtual machine, the CPU feature query that it makes costs more time
// than writing a whole file.
RandomBytes random_bytes() {
    RandomBytes bytes{};
    // The kernel never returns so few bytes in part, so there is no loop over the remainder.
    while (getrandom(bytes.data(), bytes.size(), 0) < 0) {
        if (errno != EINTR) throw system_error(errno, "reading random bytes from", "the kernel");
    }
    return bytes;
}

}  // namespace vix
