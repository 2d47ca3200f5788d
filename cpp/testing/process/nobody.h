// Checks what holds for a user who may not read everything, unlike root.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

namespace vix::testing {

// Runs `check` in a process of its own; if the test runs as root, as user nobody.
template <typename Check>
bool holds_for_nobody(Check&& check) {
    constexpr uid_t kNobody = 65534;
    const pid_t pid = fork();
    if (pid == 0) {
        const bool dropped = geteuid() != 0 || seteuid(kNobody) == 0;
        _exit(dropped && check() ? 0 : 1);
    }
    int status = 1;
    return waitpid(pid, &status, 0) == pid && status == 0;
}

}  // namespace vix::testing
