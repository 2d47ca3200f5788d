// The environment variables as they were at one moment. A job works in a thread of its own, and the
// script may change its %ENV meanwhile, which frees what getenv() returned. So the environment is
// copied in the calling thread when the job is made, and the job reads the copy only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vix::io {

// Copies share the text. May be used by several threads.
class Environment {
  public:
    Environment() = default;  // has no variables
    // That of this process. Only for the thread in which the caller changes it.
    static Environment of_process();

    // Nothing for a variable that is empty, as for one that is not set.
    std::optional<std::string> find(std::string_view name) const;
    std::vector<std::string> names() const;
    // As execve() takes it; valid as long as this object.
    std::vector<char*> pointers() const;

  private:
    std::shared_ptr<const std::vector<std::string>> variables_;  // "NAME=value"
};

}  // namespace vix::io
