// A copy of the environment variables. A job runs in a thread of its own, and the script may
// meanwhile change its %ENV, which frees what getenv() returned. So the calling thread copies the
// environment when it makes the job, and the job reads only the copy.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vix::io {

// Copies share the text. Thread-safe.
class Environment {
  public:
    Environment() = default;  // has no variables
    // Copies the process's environment. Call it only in the thread that may change the environment.
    static Environment of_process();

    // Empty if the variable is not set or has an empty value.
    std::optional<std::string> find(std::string_view name) const;
    // "NAME=value"; valid as long as this object.
    const std::vector<std::string_view>& variables() const;
    // In the form for execve(); valid as long as this object.
    std::vector<char*> pointers() const;

  private:
    // One block for all: each call of the API makes a copy.
    struct Copy {
        std::string bytes;  // each variable ends with a NUL
        std::vector<std::string_view> variables;
    };
    std::shared_ptr<const Copy> copy_;
};

}  // namespace vix::io
