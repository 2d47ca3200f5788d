// Splits a command line into its words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vix {

// As a shell does: blanks separate words, quotes and backslashes work, nothing is expanded. Error
// VIX_E_INVALID_ARG for a quote without its end.
std::vector<std::string> split_words(std::string_view text);

}  // namespace vix
