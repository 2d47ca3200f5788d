#include "io/process/environment.h"

#include <unistd.h>

namespace vix::io {

Environment Environment::of_process() {
    std::vector<std::string> variables;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        variables.emplace_back(*variable);
    }
    Environment copy;
    copy.variables_ = std::make_shared<const std::vector<std::string>>(std::move(variables));
    return copy;
}

std::optional<std::string> Environment::find(std::string_view name) const {
    if (!variables_) return std::nullopt;
    for (const std::string& variable : *variables_) {
        const bool is_it = variable.size() > name.size() && variable[name.size()] == '=' &&
                           variable.compare(0, name.size(), name) == 0;
        if (!is_it) continue;
        if (variable.size() == name.size() + 1) return std::nullopt;
        return variable.substr(name.size() + 1);
    }
    return std::nullopt;
}

std::vector<std::string> Environment::names() const {
    std::vector<std::string> all;
    if (!variables_) return all;
    for (const std::string& variable : *variables_) {
        all.push_back(variable.substr(0, variable.find('=')));
    }
    return all;
}

std::vector<char*> Environment::pointers() const {
    std::vector<char*> all;
    if (variables_) {
        // execve() takes pointers without const and does not write to them.
        for (const std::string& text : *variables_) all.push_back(const_cast<char*>(text.c_str()));
    }
    all.push_back(nullptr);
    return all;
}

}  // namespace vix::io
