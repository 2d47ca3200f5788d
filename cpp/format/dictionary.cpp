#include "format/dictionary.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace vix::format {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kEncodingName = ".encoding";

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

bool is_name_character(char c) {
    return c != '\0' && c != ' ' && c != '\t' && c != '#' && c != '=';
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// `|` and two hex digits are one byte. After a `|` that is not, reading goes on behind the byte
// that broke it, so of `||22` nothing is undone.
std::string undo_escapes(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '|') {
            result += text[i];
            continue;
        }
        std::size_t digits = 0;
        while (digits < 2 && i + 1 + digits < text.size() && hex_digit(text[i + 1 + digits]) >= 0) {
            ++digits;
        }
        if (digits == 2) {
            result += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        } else {
            const std::size_t length = std::min(digits + 2, text.size() - i);
            result += text.substr(i, length);
            i += length - 1;
        }
    }
    return result;
}

std::string escape(std::string_view bytes) {
    static constexpr char kDigits[] = "0123456789ABCDEF";
    std::string result;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x20 && c != '\t') || c == '"' || c == '|' || byte == 0x7F) {
            result += '|';
            result += kDigits[byte >> 4];
            result += kDigits[byte & 15];
        } else {
            result += c;
        }
    }
    return result;
}

std::string quote(std::string_view bytes) {
    return '"' + escape(bytes) + '"';
}

// Cuts behind LF, CR LF or a lone CR.
std::vector<std::string> split_lines(std::string_view bytes) {
    std::vector<std::string> lines;
    std::size_t begin = 0;
    while (begin < bytes.size()) {
        std::size_t end = bytes.find_first_of("\r\n", begin);
        if (end == std::string_view::npos) {
            end = bytes.size();
        } else {
            end += bytes.substr(end, 2) == "\r\n" ? 2 : 1;
        }
        lines.emplace_back(bytes.substr(begin, end - begin));
        begin = end;
    }
    return lines;
}

std::size_t length_without_line_end(std::string_view line) {
    const auto end = line.find_last_not_of("\r\n");
    return end == std::string_view::npos ? 0 : end + 1;
}

}  // namespace

Dictionary::Line Dictionary::parse_line(std::string text) {
    Line line;
    line.text = std::move(text);
    const std::string_view content{line.text.data(), length_without_line_end(line.text)};
    std::size_t i = 0;
    const auto skip_blanks = [&] {
        while (i < content.size() && is_blank(content[i])) ++i;
    };

    skip_blanks();
    const std::size_t name_begin = i;
    while (i < content.size() && is_name_character(content[i])) ++i;
    const std::string_view name = content.substr(name_begin, i - name_begin);
    skip_blanks();
    if (name.empty() || i == content.size() || content[i] != '=') return line;
    ++i;
    skip_blanks();

    line.value_begin = i;
    if (i < content.size() && content[i] == '"') {
        const std::size_t close = content.find('"', i + 1);
        if (close == std::string_view::npos) return line;
        i = close + 1;
    } else {
        while (i < content.size() && !is_blank(content[i]) && content[i] != '#') ++i;
    }
    line.value_end = i;
    skip_blanks();
    if (i < content.size() && content[i] != '#') return line;
    if (content.find('\0') != std::string_view::npos) return line;
    line.name = name;
    return line;
}

Dictionary Dictionary::parse(std::string_view bytes) {
    Dictionary dictionary;
    std::string_view rest = bytes;
    if (rest.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
        dictionary.byte_order_mark_ = kByteOrderMark;
        rest.remove_prefix(kByteOrderMark.size());
    }
    for (std::string& text : split_lines(rest)) {
        dictionary.lines_.push_back(parse_line(std::move(text)));
    }
    dictionary.index_lines();
    const auto declared = dictionary.find_bytes(kEncodingName);
    dictionary.encoding_declared_ = declared.has_value();
    // Files from before `.encoding` are in the code page of the host that wrote them; Western is
    // the likeliest where the bytes are no UTF-8.
    dictionary.encoding_ = declared.value_or(is_utf8(rest) ? "UTF-8" : "windows-1252");
    return dictionary;
}

std::string Dictionary::to_bytes() const {
    std::string bytes = byte_order_mark_;
    for (const Line& line : lines_) bytes += line.text;
    return bytes;
}

std::string Dictionary::value_of(const Line& line) const {
    std::string_view value{line.text};
    value = value.substr(line.value_begin, line.value_end - line.value_begin);
    if (!value.empty() && value.front() == '"') value = value.substr(1, value.size() - 2);
    return undo_escapes(value);
}

std::string Dictionary::decode(std::string_view bytes) const {
    return decode_to_utf8(bytes, encoding_).value_or(std::string{bytes});
}

const Dictionary::Line* Dictionary::last_line(std::string_view name) const {
    const auto found = index_.find(to_lower(name));
    return found == index_.end() ? nullptr : &lines_[found->second.back()];
}

void Dictionary::index_lines() {
    index_.clear();
    for (std::size_t number = 0; number < lines_.size(); ++number) {
        if (!lines_[number].name.empty()) index_[to_lower(lines_[number].name)].push_back(number);
    }
}

std::optional<std::string> Dictionary::find_bytes(std::string_view name) const {
    const Line* line = last_line(name);
    if (line == nullptr) return std::nullopt;
    return value_of(*line);
}

std::optional<std::string> Dictionary::find(std::string_view name) const {
    const Line* line = last_line(name);
    if (line == nullptr) return std::nullopt;
    return decode(value_of(*line));
}

std::vector<Dictionary::Entry> Dictionary::entries() const {
    std::vector<Entry> result;
    for (const Line& line : lines_) {
        if (!line.name.empty()) result.push_back({line.name, decode(value_of(line))});
    }
    return result;
}

void Dictionary::set(std::string_view name, std::string_view value) {
    if (!is_ascii(value) && !encoding_declared_) declare_utf8();
    auto bytes = encode_from_utf8(value, encoding_);
    if (!bytes) {
        turn_to_utf8();
        bytes = std::string{value};
    }
    put_value(name, *bytes);
}

void Dictionary::put_value(std::string_view name, std::string_view bytes) {
    const auto found = index_.find(to_lower(name));
    if (found == index_.end()) return append(name, bytes);
    Line& line = lines_[found->second.back()];
    std::string text = line.text;
    text.replace(line.value_begin, line.value_end - line.value_begin, quote(bytes));
    line = parse_line(std::move(text));
}

void Dictionary::append(std::string_view name, std::string_view bytes) {
    const std::string end = line_end();
    const auto last = std::find_if(lines_.rbegin(), lines_.rend(),
                                   [](const Line& line) { return !line.text.empty(); });
    if (last != lines_.rend() && length_without_line_end(last->text) == last->text.size()) {
        *last = parse_line(last->text + end);
    }
    index_[to_lower(name)].push_back(lines_.size());
    lines_.push_back(parse_line(std::string{name} + " = " + quote(bytes) + end));
}

void Dictionary::remove(std::string_view name) {
    const auto found = index_.find(to_lower(name));
    if (found == index_.end()) return;
    for (const std::size_t number : found->second) lines_[number] = Line{};
    index_.erase(found);
}

// A line whose bytes mean nothing in the old encoding keeps them: they meant nothing before either.
void Dictionary::turn_to_utf8() {
    for (Line& line : lines_) {
        if (auto text = line_in_utf8(line)) line = parse_line(std::move(*text));
    }
    index_lines();
    encoding_ = "UTF-8";
    declare_utf8();
}

// A value is decoded without its escapes, which may stand for half a character.
std::optional<std::string> Dictionary::line_in_utf8(const Line& line) const {
    const std::string_view text{line.text};
    if (line.name.empty()) return decode_to_utf8(text, encoding_);
    const auto head = decode_to_utf8(text.substr(0, line.value_begin), encoding_);
    const auto value = decode_to_utf8(value_of(line), encoding_);
    const auto tail = decode_to_utf8(text.substr(line.value_end), encoding_);
    if (!head || !value || !tail) return std::nullopt;
    const std::string as_it_stands =
        line.text.substr(line.value_begin, line.value_end - line.value_begin);
    return *head + (is_ascii(*value) ? as_it_stands : quote(*value)) + *tail;
}

void Dictionary::declare_utf8() {
    encoding_declared_ = true;
    if (encoding_ != "UTF-8") return turn_to_utf8();
    if (last_line(kEncodingName) != nullptr) {
        put_value(kEncodingName, "UTF-8");
        return;
    }
    // VMware looks for it at the top; a `#!` line stays the first.
    const bool has_interpreter = !lines_.empty() && lines_.front().text.substr(0, 2) == "#!";
    lines_.insert(lines_.begin() + (has_interpreter ? 1 : 0),
                  parse_line(std::string{kEncodingName} + " = \"UTF-8\"" + line_end()));
    index_lines();
}

std::string Dictionary::line_end() const {
    for (const Line& line : lines_) {
        const std::size_t length = length_without_line_end(line.text);
        if (length < line.text.size()) return line.text.substr(length);
    }
    return "\n";
}

}  // namespace vix::format
