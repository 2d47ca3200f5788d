// Other programs and other processes of the host. What is started here inherits no open file, no
// blocked signal and nothing to read or print to but what is given.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/child.h"
#include "io/environment.h"

namespace vix::io {

struct Outcome {
    int status = 0;      // 0: the program says it went well; 128 + n: ended by signal n
    std::string output;  // what it printed, errors too, as far as a detail can hold it
};

constexpr std::size_t kDetailLimit = std::size_t{1} << 16;

// Runs the program, which is looked for in PATH, lets it read `input`, and waits until it has
// ended. Of what it prints until then, `limit` bytes are kept. How it ended is known whatever the
// host program does with SIGCHLD and wait(). Errors: VIX_E_FILE_NOT_FOUND if there is no such
// program; a more precise one if it could not be executed, or its status was lost.
Outcome run(const Environment& environment, const std::vector<std::string>& command,
            std::string_view input = {}, std::size_t limit = kDetailLimit);

// Starts it in a session of its own, so that it outlives this process, and does not wait. Errors as
// for run().
void start_detached(const Environment& environment, const std::vector<std::string>& command);

// A program that runs as long as this object. It reads a pipe that nothing is written to: one that
// ends with its input ends with this process, too.
class Companion {
  public:
    // Error VIX_E_FILE_NOT_FOUND when there is no such program.
    Companion(const Environment& environment, const std::vector<std::string>& command);

    // Once it has: what it printed last.
    std::optional<std::string> last_words();

  private:
    Companion(const Environment& environment, const std::vector<std::string>& command,
              const std::string& path);

    Pipe input_;
    Pipe output_;
    Child child_;
};

// Where in PATH the program is.
std::optional<std::string> find_program(const Environment& environment, const std::string& name);

}  // namespace vix::io
