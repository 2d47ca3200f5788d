#include "power/guest/keyboard.h"

#include <linux/input-event-codes.h>

#include <optional>
#include <string>

#include "base/error.h"

namespace vix::power {
namespace {

// Keys with successive numbers: what each types alone and with shift, and the number of the first.
struct KeyRow {
    std::string_view plain;
    std::string_view shifted;
    unsigned first;
};

constexpr KeyRow kKeyRows[] = {
    {"1234567890-=", "!@#$%^&*()_+", KEY_1},
    {"qwertyuiop[]", "QWERTYUIOP{}", KEY_Q},
    {"asdfghjkl;'`", "ASDFGHJKL:\"~", KEY_A},
    {"\\zxcvbnm,./", "|ZXCVBNM<>?", KEY_BACKSLASH},
    {"\x1b", "", KEY_ESC},
    {"\b\t", "", KEY_BACKSPACE},
    {"\n", "", KEY_ENTER},
    {" ", "", KEY_SPACE},
};

std::optional<Keystroke> keystroke_for(char c) {
    for (const KeyRow& row : kKeyRows) {
        const auto plain = row.plain.find(c);
        if (plain != std::string_view::npos) {
            return Keystroke{row.first + static_cast<unsigned>(plain)};
        }
        const auto shifted = row.shifted.find(c);
        if (shifted != std::string_view::npos) {
            return Keystroke{KEY_LEFTSHIFT, row.first + static_cast<unsigned>(shifted)};
        }
    }
    return std::nullopt;
}

}  // namespace

// The error names the position alone: the text may be a password.
std::vector<Keystroke> keystrokes_for(std::string_view text) {
    std::vector<Keystroke> strokes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n' && i > 0 && text[i - 1] == '\r') continue;
        const auto stroke = keystroke_for(text[i] == '\r' ? '\n' : text[i]);
        if (!stroke) {
            throw Error{VIX_E_INVALID_ARG, "byte " + std::to_string(i + 1) +
                                               " of the text cannot be typed: a keyboard of the "
                                               "United States has no such key. Nothing was typed"};
        }
        strokes.push_back(*stroke);
    }
    return strokes;
}

}  // namespace vix::power
