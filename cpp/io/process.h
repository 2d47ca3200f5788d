// Other programs and other processes of the host. What is started here inherits no open file, no
// blocked signal and nothing to read or print to but what is given.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vix::io {

struct Outcome {
    int status = 0;      // 0: the program says it went well; 128 + n: ended by signal n
    std::string output;  // what it printed, errors too, as far as a detail can hold it
};

constexpr std::size_t kDetailLimit = std::size_t{1} << 16;

// Runs the program, which is looked for in PATH, lets it read `input`, and waits until it has
// ended. Of what it prints, `limit` bytes are kept. Error VIX_E_FILE_NOT_FOUND when there is no
// such program.
Outcome run(const std::vector<std::string>& command, std::string_view input = {},
            std::size_t limit = kDetailLimit);

// Starts it in a session of its own, so that it outlives this process, and does not wait.
void start_detached(const std::vector<std::string>& command);

// A program that runs as long as this object. It reads a pipe that nothing is written to: one that
// ends with its input ends with this process, too.
class Companion {
  public:
    // Error VIX_E_FILE_NOT_FOUND when there is no such program.
    explicit Companion(const std::vector<std::string>& command);
    ~Companion();
    Companion(const Companion&) = delete;
    Companion& operator=(const Companion&) = delete;

    // Once it has: what it printed last.
    std::optional<std::string> last_words();

  private:
    pid_t process_ = -1;
    int input_ = -1;
    int output_ = -1;
};

// Where in PATH the program is.
std::optional<std::string> find_program(const std::string& name);

}  // namespace vix::io
