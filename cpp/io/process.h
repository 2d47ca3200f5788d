// Other programs and other processes of the host. What is started here inherits no open file, no
// blocked signal and nothing to read or print to but what is given.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace vix::io {

struct Outcome {
    int status = 0;      // 0: the program says it went well; 128 + n: ended by signal n
    std::string output;  // what it printed, errors too, as far as a detail can hold it
};

// Runs the program, which is looked for in PATH, and waits until it has ended. Error
// VIX_E_FILE_NOT_FOUND when there is no such program.
Outcome run(const std::vector<std::string>& command);

// Starts it in a session of its own, so that it outlives this process, and does not wait.
void start_detached(const std::vector<std::string>& command);

// Where in PATH the program is.
std::optional<std::string> find_program(const std::string& name);

bool is_alive(pid_t pid);

// The arguments a process was started with, as far as they can be seen.
std::vector<std::string> arguments_of(pid_t pid);

// All processes that can be seen.
std::vector<pid_t> processes();

}  // namespace vix::io
