// Escapes a value for QEMU's option lists, which commas separate: a comma in the value is doubled.
#pragma once

#include <string>

namespace vix::power {

inline std::string qemu_option(const std::string& value) {
    std::string text;
    for (const char c : value) text += c == ',' ? std::string{",,"} : std::string{c};
    return text;
}

}  // namespace vix::power
