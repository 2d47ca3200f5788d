#include "base/text.h"

#include <iconv.h>
#include <locale.h>
#include <wctype.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>

namespace vix {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// VMware's encodings and their aliases, with glibc's name for each. All of them keep ASCII
// unchanged; the callers here depend on that. A file may name any other encoding; such a name is
// treated as unknown.
std::optional<std::string> iconv_name(std::string_view name) {
    static constexpr std::pair<std::string_view, const char*> kNames[] = {
        {"utf-8", "UTF-8"},       {"utf8", "UTF-8"},
        {"ascii", "ASCII"},       {"us-ascii", "ASCII"},
        {"ibm-874", "CP874"},     {"windows-874", "CP874"},
        {"shift_jis", "CP932"},   {"sjis", "CP932"},
        {"windows-932", "CP932"}, {"windows-31j", "CP932"},
        {"gbk", "CP936"},         {"ms936", "CP936"},
        {"windows-936", "CP936"}, {"gb2312", "CP936"},
        {"gb18030", "GB18030"},   {"windows-949-2000", "CP949"},
        {"windows-949", "CP949"}, {"ks_c_5601-1987", "CP949"},
        {"euc-kr", "CP949"},      {"big5", "CP950"},
        {"windows-950", "CP950"}, {"euc-jp", "EUC-JP"},
    };
    for (const auto& [vmware, glibc] : kNames) {
        if (equal_ignoring_case(name, vmware)) return glibc;
    }
    const std::string lower_name = to_lower(name);
    for (const std::string_view family : {"windows-125", "iso-8859-", "cp125", "cp9"}) {
        if (lower_name.compare(0, family.size(), family) != 0) continue;
        const std::string number = lower_name.substr(family.size());
        const bool digits = !number.empty() && number.size() <= 2 &&
                            number.find_first_not_of("0123456789") == std::string::npos;
        if (digits) return lower_name;
    }
    return std::nullopt;
}

struct CloseIconv {
    void operator()(void* handle) const { iconv_close(handle); }
};

std::optional<std::string> convert(std::string_view text, const std::string& from,
                                   const std::string& to) {
    const iconv_t opened = iconv_open(to.c_str(), from.c_str());
    if (opened == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
    const std::unique_ptr<void, CloseIconv> handle{opened};

    std::string result(text.size() * 4 + 16, '\0');
    char* in = const_cast<char*>(text.data());  // iconv does not write to its input
    std::size_t in_left = text.size();
    char* out = result.data();
    std::size_t out_left = result.size();
    const std::size_t irreversible = iconv(opened, &in, &in_left, &out, &out_left);
    if (irreversible != 0) return std::nullopt;
    iconv(opened, nullptr, nullptr, &out, &out_left);
    result.resize(result.size() - out_left);
    return result;
}

struct Decomposition {
    char32_t composed;
    char32_t letter;
    char32_t mark;
};
constexpr Decomposition kDecompositions[] = {
#include "base/decompositions.def"
};

void decompose_into(std::u32string& result, char32_t c) {
    constexpr char32_t kHangul = 0xAC00;
    constexpr char32_t kHangulCount = 11172;
    if (c - kHangul < kHangulCount) {
        const char32_t syllable = c - kHangul;
        result += 0x1100 + syllable / (21 * 28);
        result += 0x1161 + syllable / 28 % 21;
        if (syllable % 28 != 0) result += 0x11A7 + syllable % 28;
        return;
    }
    const auto* entry = std::lower_bound(
        std::begin(kDecompositions), std::end(kDecompositions), c,
        [](const Decomposition& known, char32_t sought) { return known.composed < sought; });
    if (entry == std::end(kDecompositions) || entry->composed != c) {
        result += c;
        return;
    }
    decompose_into(result, entry->letter);  // a Unicode letter has at most four marks
    if (entry->mark != 0) decompose_into(result, entry->mark);
}

// Case of letters independent of the process's locale, which belongs to the caller.
locale_t unicode_locale() {
    static const locale_t kLocale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return kLocale;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    // Fast path: most names are spelt exactly as they are asked for.
    return a == b || std::equal(a.begin(), a.end(), b.begin(), b.end(),
                                [](char x, char y) { return lower(x) == lower(y); });
}

std::string to_lower(std::string_view text) {
    std::string result{text};
    std::transform(result.begin(), result.end(), result.begin(), lower);
    return result;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() &&
           equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::uint32_t> parse_hex32(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string decode_percent(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escaped = text[i] == '%' && i + 2 < text.size();
        const auto code = escaped ? parse_hex32(text.substr(i + 1, 2)) : std::nullopt;
        decoded += code ? static_cast<char>(*code) : text[i];
        if (code) i += 2;
    }
    return decoded;
}

namespace {

// Writes each byte beyond ASCII as "\xE4", because its character is unknown and a terminal would
// show nothing.
std::string with_escaped_bytes(const std::string& text) {
    std::string escaped;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            escaped += c;
            continue;
        }
        std::array<char, 5> code{};
        std::snprintf(code.data(), code.size(), "\\x%02X", static_cast<unsigned>(byte));
        escaped += code.data();
    }
    return escaped;
}

}  // namespace

std::string printable(std::string text) {
    if (!is_utf8(text)) text = with_escaped_bytes(text);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool control = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F;
        // U+0080 to U+009F, the second set of control characters.
        const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
        const bool second = byte == 0xC2 && next >= 0x80 && next <= 0x9F;
        if (second) text.erase(i + 1, 1);
        if (control || second) text[i] = '?';
    }
    return text;
}

// No early exit, so that the compiler can vectorize the loop.
bool is_ascii(std::string_view text) {
    unsigned char bits = 0;
    for (const char c : text) bits |= static_cast<unsigned char>(c);
    return bits < 0x80;
}

bool is_utf8(std::string_view text) {
    return is_ascii(text) || convert(text, "UTF-8", "UTF-32LE").has_value();
}

std::optional<std::string> decode_to_utf8(std::string_view bytes, std::string_view encoding) {
    if (is_ascii(bytes)) return std::string{bytes};
    const auto known = iconv_name(encoding);
    return known ? convert(bytes, *known, "UTF-8") : std::nullopt;
}

std::optional<std::string> encode_from_utf8(std::string_view text, std::string_view encoding) {
    if (is_ascii(text)) return std::string{text};
    const auto known = iconv_name(encoding);
    return known ? convert(text, "UTF-8", *known) : std::nullopt;
}

std::string fold_case(std::string_view utf8) {
    const auto wide = convert(utf8, "UTF-8", "WCHAR_T");
    if (!wide || unicode_locale() == nullptr) return to_lower(utf8);
    std::string folded{*wide};
    for (std::size_t i = 0; i + sizeof(wchar_t) <= folded.size(); i += sizeof(wchar_t)) {
        wchar_t letter = 0;
        folded.copy(reinterpret_cast<char*>(&letter), sizeof letter, i);
        letter = static_cast<wchar_t>(towlower_l(static_cast<wint_t>(letter), unicode_locale()));
        folded.replace(i, sizeof letter, reinterpret_cast<const char*>(&letter), sizeof letter);
    }
    return convert(folded, "WCHAR_T", "UTF-8").value_or(to_lower(utf8));
}

std::string decompose(std::string_view utf8) {
    if (is_ascii(utf8)) return std::string{utf8};
    const auto wide = convert(utf8, "UTF-8", "UTF-32LE");
    if (!wide) return std::string{utf8};
    std::u32string parts;
    for (std::size_t i = 0; i + sizeof(char32_t) <= wide->size(); i += sizeof(char32_t)) {
        char32_t c = 0;
        wide->copy(reinterpret_cast<char*>(&c), sizeof c, i);
        decompose_into(parts, c);
    }
    const std::string_view bytes{reinterpret_cast<const char*>(parts.data()),
                                 parts.size() * sizeof(char32_t)};
    return convert(bytes, "UTF-32LE", "UTF-8").value_or(std::string{utf8});
}

}  // namespace vix
