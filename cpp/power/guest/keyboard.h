// Text as keys of a keyboard with the layout of the United States: what QEMU's keyboard is to a
// guest that expects no other. Pure.
#pragma once

#include <string_view>
#include <vector>

namespace vix::power {

// The keys that are pressed together for one character, as numbers of Linux's input layer.
using Keystroke = std::vector<unsigned>;

// A line end (\n, \r\n or \r) is the enter key; tab, backspace and escape are theirs. Error
// VIX_E_INVALID_ARG for another character that this keyboard does not have.
std::vector<Keystroke> keystrokes_for(std::string_view text);

}  // namespace vix::power
