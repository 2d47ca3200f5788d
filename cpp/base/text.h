// Text: comparing names as VMware does, numbers, and the character encodings of VMware's files.
#pragma once

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

// The whole text as a decimal number; nothing else in it.
std::optional<std::uint64_t> parse_number(std::string_view text);

// Eight hexadecimal digits at most, as in CID lines.
std::optional<std::uint32_t> parse_hex32(std::string_view text);

// With the bytes that "%41" and its like stand for.
std::string decode_percent(std::string_view text);

// With "?" for all control characters but line ends and tabs: what a terminal would obey.
std::string printable(std::string text);

bool is_ascii(std::string_view text);
bool is_utf8(std::string_view text);

// A name as VMware writes it after `.encoding` or `encoding=`; windows-1252, GBK, Shift_JIS ... and
// their aliases. Empty when the bytes have no meaning in it or the encoding is not known here.
std::optional<std::string> decode_to_utf8(std::string_view bytes, std::string_view encoding);
std::optional<std::string> encode_from_utf8(std::string_view text, std::string_view encoding);

// Simple, one to one folding of the letters of all scripts, as Windows compares file names.
std::string fold_case(std::string_view utf8);

// Each composed letter as its parts ("é" as "e" and an accent): two names that macOS takes for one
// are then alike. Bytes that are no UTF-8 stay as they are.
std::string decompose(std::string_view utf8);

}  // namespace vix
