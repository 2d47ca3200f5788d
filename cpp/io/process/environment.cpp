#include "io/process/environment.h"

#include <unistd.h>

namespace vix::io {

Environment Environment::of_process() {
    const auto copy = std::make_shared<Copy>();
    std::size_t size = 0;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        copy->variables.emplace_back(*variable);
        size += copy->variables.back().size() + 1;
    }
    copy->bytes.reserve(size);
    for (std::string_view& variable : copy->variables) {
        const std::size_t begin = copy->bytes.size();
        copy->bytes.append(variable).push_back('\0');
        variable = std::string_view{copy->bytes}.substr(begin, variable.size());
    }
    Environment environment;
    environment.copy_ = copy;
    return environment;
}

const std::vector<std::string_view>& Environment::variables() const {
    static const std::vector<std::string_view> none;
    return copy_ ? copy_->variables : none;
}

std::optional<std::string> Environment::find(std::string_view name) const {
    for (const std::string_view variable : variables()) {
        const bool is_it =
            variable.substr(0, name.size()) == name && variable.substr(name.size(), 1) == "=";
        if (!is_it) continue;
        const std::string_view value = variable.substr(name.size() + 1);
        return value.empty() ? std::nullopt : std::optional{std::string{value}};
    }
    return std::nullopt;
}

std::vector<char*> Environment::pointers() const {
    std::vector<char*> all;
    // execve() takes pointers without const and does not write to them.
    for (const std::string_view text : variables()) all.push_back(const_cast<char*>(text.data()));
    all.push_back(nullptr);
    return all;
}

}  // namespace vix::io
