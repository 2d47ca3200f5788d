#include "base/random.h"

#include <sys/random.h>

#include <cerrno>

#include "base/error.h"

namespace vix {

// Not std::random_device: asking the processor what it can do takes a virtual machine longer than a
// whole file.
RandomBytes random_bytes() {
    RandomBytes bytes{};
    // So few are never given in part.
    while (getrandom(bytes.data(), bytes.size(), 0) < 0) {
        if (errno != EINTR) throw system_error(errno, "asking for random bytes of", "the kernel");
    }
    return bytes;
}

}  // namespace vix
