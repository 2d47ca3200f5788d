// Repeats a system call while a signal interrupts it. Perl installs its handlers without
// SA_RESTART, and on network file systems even open() and fsync() can be interrupted.
#pragma once

#include <cerrno>

namespace vix::io {

template <typename Call>
auto uninterrupted(Call call) {
    auto result = call();
    while (result == -1 && errno == EINTR) result = call();
    return result;
}

}  // namespace vix::io
