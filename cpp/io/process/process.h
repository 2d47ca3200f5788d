// Runs other programs. A program started here inherits no open file and no blocked signal. It has
// only the input and output that the caller gives.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/process/child.h"
#include "io/process/environment.h"

namespace vix::io {

struct Outcome {
    int status = 0;      // exit status, 0: success; 128 + n: ended by signal n
    std::string output;  // standard output and standard error, up to the limit
};

constexpr std::size_t kDetailLimit = std::size_t{1} << 16;

// Runs a program with `input` as its standard input and waits until it has ended. Keeps at most
// `limit` bytes of its output. A name without a slash is searched in PATH, then in /usr/bin,
// /usr/sbin and /bin. The status is correct whatever the host program does with SIGCHLD and wait().
// Throws VIX_E_FILE_NOT_FOUND if there is no such program, another Error if it could not be
// executed or its status was lost.
Outcome run(const Environment& environment, const std::vector<std::string>& command,
            std::string_view input = {}, std::size_t limit = kDetailLimit);

// Starts the program in a session of its own, so that it outlives this process, and does not wait.
// Errors as for run().
void start_detached(const Environment& environment, const std::vector<std::string>& command);

// A program that runs as long as this object. Its input is a pipe that nobody writes to, so a
// program that ends with its input ends with this process, too.
class Companion {
  public:
    // Throws VIX_E_FILE_NOT_FOUND if there is no such program.
    Companion(const Environment& environment, const std::vector<std::string>& command);

    // Empty while the program runs; afterwards the last output that it printed.
    std::optional<std::string> last_words();

  private:
    Companion(const Environment& environment, const std::vector<std::string>& command,
              const std::string& path);

    Pipe input_;
    Pipe output_;
    Child child_;
};

// The program's path; the search is that of run(). Empty if there is none.
std::optional<std::string> find_program(const Environment& environment, const std::string& name);

}  // namespace vix::io
