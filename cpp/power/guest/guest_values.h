// What a guest reports of its files, its processes and the programs that ran in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace vix::power {

struct GuestFileInfo {
    std::string name;
    std::int64_t size = 0;
    std::int64_t modified = 0;  // seconds since 1970
    bool is_folder = false;
    bool is_link = false;
};

struct GuestProcess {
    std::int64_t pid = 0;
    std::string name;
    std::string owner;
    std::string command;
    bool is_debugged = false;
    std::int64_t started = 0;  // seconds since 1970
};

enum class Wait { UntilItEnds, No };

struct GuestRun {
    std::int64_t pid = 0;
    // Nothing if the call did not wait.
    std::optional<int> exit_code;
    std::int64_t elapsed_s = 0;
};

}  // namespace vix::power
