// Text: comparing names as VMware does, parsing numbers, and the character encodings of VMware's
// files. Invalid input yields an empty optional or stays as it is; nothing here throws an Error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vix {

// VMware compares names in its files without regard to the case of ASCII letters.
bool equal_ignoring_case(std::string_view a, std::string_view b);
std::string to_lower(std::string_view text);
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
std::string_view trim(std::string_view text);

// Only a decimal number that is the whole text.
std::optional<std::uint64_t> parse_number(std::string_view text);

// A hexadecimal number below 2^32 that is the whole text, as in CID lines.
std::optional<std::uint32_t> parse_hex32(std::string_view text);

// Replaces each "%41" and its like by the byte that it encodes.
std::string decode_percent(std::string_view text);

// Replaces each control character except line feed and tab by "?", so that a terminal does not obey
// it. If the text is not UTF-8, writes each byte beyond ASCII as "\xE4".
std::string printable(std::string text);

// A part of a text, in bytes.
struct TextPart {
    std::size_t begin = 0;
    std::size_t size = 0;
};

bool is_ascii(std::string_view text);
bool is_utf8(std::string_view text);

// `encoding` is a name as VMware writes it after `.encoding` or `encoding=` (windows-1252, GBK,
// Shift_JIS, ...), or an alias. Empty if the encoding is unknown here or cannot represent the text.
std::optional<std::string> decode_to_utf8(std::string_view bytes, std::string_view encoding);
std::optional<std::string> encode_from_utf8(std::string_view text, std::string_view encoding);

// Simple one-to-one case folding for the letters of all scripts, as Windows compares file names.
std::string fold_case(std::string_view utf8);

// Splits each composed letter into its parts ("é" into "e" and an accent), so that two names that
// macOS treats as one compare equal. Text that is not valid UTF-8 stays as it is.
std::string decompose(std::string_view utf8);

}  // namespace vix
