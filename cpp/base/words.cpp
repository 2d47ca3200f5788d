#include "base/words.h"

#include "base/error.h"

namespace vix {

std::vector<std::string> split_words(std::string_view text) {
    std::vector<std::string> words;
    bool in_word = false;
    char quote = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool blank = c == ' ' || c == '\t' || c == '\n';
        if (quote == 0 && blank) {
            in_word = false;
            continue;
        }
        if (!in_word) words.emplace_back();
        in_word = true;
        if (c == quote) {
            quote = 0;
        } else if (quote == 0 && (c == '"' || c == '\'')) {
            quote = c;
        } else if (c == '\\' && quote != '\'' && i + 1 < text.size() &&
                   std::string_view{" \t\"'\\$`"}.find(text[i + 1]) != std::string_view::npos) {
            words.back() += text[++i];
        } else {
            words.back() += c;
        }
    }
    if (quote == 0) return words;
    throw Error{VIX_E_INVALID_ARG, std::string{"the command line has an opening quote ("} + quote +
                                       ") without a closing one"};
}

}  // namespace vix
