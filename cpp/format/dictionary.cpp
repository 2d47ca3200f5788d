#include "format/dictionary.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <utility>

#include "base/error.h"
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

// The end of the line that starts at `begin`: after LF, CR LF or a lone CR. `feed` is the position
// of the next LF, or the end of the text, so that no byte is scanned more than twice.
std::size_t end_of_line(std::string_view bytes, std::size_t begin, std::size_t feed) {
    const std::size_t lone = bytes.substr(begin, feed - begin).find('\r');
    const bool ends = lone != std::string_view::npos && begin + lone + 1 != feed;
    return ends ? begin + lone + 1 : std::min(feed + 1, bytes.size());
}

std::size_t length_without_line_end(std::string_view line) {
    const auto end = line.find_last_not_of("\r\n");
    return end == std::string_view::npos ? 0 : end + 1;
}

// Text that is not a plausible setting name may be a secret, so no message repeats it.
std::string shown_name(std::string_view name) {
    constexpr std::size_t kLongest = 100;
    const auto plain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '.' || c == ':' || c == '_' || c == '-';
    };
    const bool shown =
        !name.empty() && name.size() <= kLongest && std::all_of(name.begin(), name.end(), plain);
    return shown ? std::string{name} : "a setting";
}

// Ignores case and reads eight characters at a time. It sets the bit that distinguishes capital
// letters in all bytes; some other characters then collide, which costs only a comparison.
std::uint32_t hash_of(std::string_view name) {
    std::uint64_t hash = name.size();
    const auto mix = [&](const char* begin, std::size_t count) {
        std::uint64_t part = 0;
        std::memcpy(&part, begin, count);
        hash = (hash ^ (part | 0x2020202020202020)) * 0x9E3779B97F4A7C15;
        hash ^= hash >> 32U;
    };
    std::size_t i = 0;
    for (; i + 8 <= name.size(); i += 8) mix(name.data() + i, 8);
    if (i < name.size()) mix(name.data() + i, name.size() - i);
    return static_cast<std::uint32_t>(hash);
}

}  // namespace

// `|` and two hex digits are one byte. After a `|` without them, scanning continues behind the byte
// that broke the escape, so `||22` is not unescaped.
std::string Dictionary::undo_escapes(std::string_view text) {
    if (text.find('|') == std::string_view::npos) return std::string{text};
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

std::string Dictionary::text_of(std::string_view value) {
    if (!value.empty() && value.front() == '"') value = value.substr(1, value.size() - 2);
    return undo_escapes(value);
}

Dictionary::Line Dictionary::line_without_effect(std::string_view text) {
    Line line;
    line.begin = text.data();
    line.size = static_cast<std::uint32_t>(text.size());
    return line;
}

Dictionary::ParsedLine Dictionary::parse_line(std::string_view text) {
    Line line = line_without_effect(text);
    const std::string_view content = text.substr(0, length_without_line_end(text));
    if (content.find('\0') != std::string_view::npos) return {line, Flaw::Nul};
    std::size_t i = 0;
    const auto skip_blanks = [&] {
        while (i < content.size() && is_blank(content[i])) ++i;
    };

    skip_blanks();
    if (i == content.size() || content[i] == '#') return {line};
    const std::size_t name_begin = i;
    while (i < content.size() && is_name_character(content[i])) ++i;
    const std::string_view name = content.substr(name_begin, i - name_begin);
    skip_blanks();
    if (i == content.size() || content[i] != '=') return {line, Flaw::NoAssignment};
    if (name.empty()) return {line, Flaw::NoName};
    ++i;
    skip_blanks();

    const std::size_t value_begin = i;
    const bool quoted = i < content.size() && content[i] == '"';
    if (quoted) {
        const std::size_t close = content.find('"', i + 1);
        if (close == std::string_view::npos) return {line, Flaw::OpenQuote};
        i = close + 1;
    } else {
        while (i < content.size() && !is_blank(content[i]) && content[i] != '#') ++i;
    }
    const std::size_t value_end = i;
    skip_blanks();
    if (i < content.size() && content[i] != '#') {
        return {line, quoted ? Flaw::TextBehindQuote : Flaw::Blank};
    }
    line.name_begin = static_cast<std::uint32_t>(name_begin);
    line.name_size = static_cast<std::uint32_t>(name.size());
    line.value_begin = static_cast<std::uint32_t>(value_begin);
    line.value_size = static_cast<std::uint32_t>(value_end - value_begin);
    return {line};
}

Dictionary::Fault Dictionary::fault_of(Flaw flaw, std::string_view text) {
    const std::string name = shown_name(trim(text.substr(0, text.find('='))));
    switch (flaw) {
        case Flaw::NoName:
            return {0, "there is no name before the \"=\""};
        case Flaw::OpenQuote:
            return {0, "the value of " + name + " has no closing quote"};
        case Flaw::TextBehindQuote:
            return {0, "text follows the closing quote of the value of " + name};
        case Flaw::Blank:
            return {0, "the value of " + name + " has a blank and no quotes"};
        case Flaw::Nul:
            return {0, "there is a NUL byte"};
        default:
            return {0, "this is neither an assignment nor a comment"};
    }
}

// Joins consecutive lines without effect if they are ASCII, which is the same in every encoding.
// The first line of the file stays separate, because `.encoding` may have to be inserted after it.
void Dictionary::parse_lines(std::string_view bytes) {
    bool may_grow = false;
    std::size_t feed = 0;
    for (std::size_t begin = 0; begin < bytes.size();) {
        if (begin >= feed) feed = std::min(bytes.find('\n', begin), bytes.size());
        const std::size_t end = end_of_line(bytes, begin, feed);
        if (end > feed) feed = end;
        const auto [line, flaw] = parse_line(bytes.substr(begin, end - begin));
        if (flaw != Flaw::None && !fault_) {
            fault_ = fault_of(flaw, line.text());
            fault_->line = line_at(line.begin);
        }
        begin = end;
        const bool grows = line.name_size == 0 && is_ascii(line.text());
        if (grows && may_grow) {
            lines_.back().size += line.size;
            continue;
        }
        lines_.push_back(line);
        may_grow = grows && lines_.size() > 1;
    }
}

Dictionary Dictionary::parse(std::string_view bytes, std::string where) {
    Dictionary dictionary;
    dictionary.where_ = std::move(where);
    std::string_view rest = dictionary.keep(std::string{bytes});
    if (rest.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
        dictionary.byte_order_mark_ = kByteOrderMark;
        rest.remove_prefix(kByteOrderMark.size());
    }
    dictionary.parse_lines(rest);
    dictionary.index_lines();
    dictionary.settled_lines_ = dictionary.lines_.size();
    dictionary.keeps_places_ = true;
    const auto duplicate = dictionary.duplicate();
    if (duplicate && (!dictionary.fault_ || duplicate->line < dictionary.fault_->line)) {
        dictionary.fault_ = duplicate;
    }
    const auto declared = dictionary.find_bytes(kEncodingName);
    dictionary.encoding_declared_ = declared.has_value();
    if (declared) {
        dictionary.encoding_ = *declared;
    } else {
        // Files from before `.encoding` use the code page of the host that wrote them. If the bytes
        // are not UTF-8, Western is the most likely one.
        dictionary.encoding_ = is_utf8(rest) ? "UTF-8" : "windows-1252";
    }
    return dictionary;
}

std::optional<Dictionary::Fault> Dictionary::duplicate() const {
    const auto second = std::find_if(lines_.begin(), lines_.end(),
                                     [](const Line& line) { return line.before != kNone; });
    if (second == lines_.end()) return std::nullopt;
    const std::size_t first = line_at(lines_[second->before].begin);
    return Fault{
        line_at(second->begin),
        shown_name(second->name()) + " is already defined in line " + std::to_string(first)};
}

bool Dictionary::is_in_parsed_text(const char* place) const {
    const std::string& text = *texts_.front();
    return std::less_equal<>{}(text.data(), place) &&
           std::less<>{}(place, text.data() + text.size());
}

// Counts on each call, because only messages need the number.
std::size_t Dictionary::line_at(const char* place) const {
    if (!is_in_parsed_text(place)) return 0;
    const std::string_view bytes = *texts_.front();
    const std::string_view before = bytes.substr(0, static_cast<std::size_t>(place - bytes.data()));
    std::size_t line = 1;
    for (std::size_t i = 0; i < before.size(); ++i) {
        const bool pair = before[i] == '\r' && bytes.substr(i + 1, 1) == "\n";
        if (!pair && (before[i] == '\n' || before[i] == '\r')) ++line;
    }
    return line;
}

std::size_t Dictionary::line_of(std::string_view name) const {
    const Line* line = last_line(name);
    return line == nullptr ? 0 : line_at(line->begin);
}

std::string_view Dictionary::keep(std::string text) {
    texts_.push_back(std::make_shared<std::string>(std::move(text)));
    return *texts_.back();
}

void Dictionary::add_line(std::string_view text) {
    lines_.push_back(parse_line(text).line);
    index_line(lines_.size() - 1);
}

// The name's slot in the index, or the free slot for it.
std::size_t Dictionary::slot_of(std::string_view name, std::uint32_t hash) const {
    const std::size_t last = index_.size() - 1;
    for (std::size_t slot = hash & last;; slot = (slot + 1) & last) {
        const auto& [known, line] = index_[slot];
        if (line == kFree) return slot;
        if (known == hash && equal_ignoring_case(lines_[line].name(), name)) return slot;
    }
}

void Dictionary::index_line(std::size_t number) {
    if (2 * used_slots_ >= index_.size()) return index_lines();
    Line& line = lines_[number];
    line.before = kNone;
    if (line.name_size == 0) return;
    const std::uint32_t hash = hash_of(line.name());
    Slot& slot = index_[slot_of(line.name(), hash)];
    if (slot.line == kFree) {
        ++used_slots_;
        slot.hash = hash;
    } else {
        line.before = slot.line;
    }
    slot.line = static_cast<std::uint32_t>(number);
}

void Dictionary::index_lines() {
    const auto named = std::count_if(lines_.begin(), lines_.end(),
                                     [](const Line& line) { return line.name_size != 0; });
    index_.assign(std::bit_ceil(3 * static_cast<std::size_t>(named) + 16), Slot{});
    used_slots_ = 0;
    for (std::size_t number = 0; number < lines_.size(); ++number) index_line(number);
}

// The new text must have the same name.
void Dictionary::replace_line(std::size_t number, std::string text) {
    Line& line = lines_[number];
    const std::uint32_t before = line.before;
    if (text.size() != line.size) {
        keeps_places_ = false;
    } else if (number < settled_lines_ && is_in_parsed_text(line.begin)) {
        const char* begin = texts_.front()->data();
        replaced_.emplace_back(number, static_cast<std::size_t>(line.begin - begin));
    }
    const std::string_view kept = keep(std::move(text));
    line = line.name_size == 0 ? line_without_effect(kept) : parse_line(kept).line;
    line.before = before;
}

std::string Dictionary::to_bytes() const {
    std::size_t size = byte_order_mark_.size();
    for (const Line& line : lines_) size += line.size;
    std::string bytes;
    bytes.reserve(size);
    bytes = byte_order_mark_;
    // Lines that follow each other in one text are copied together.
    std::string_view run;
    for (const Line& line : lines_) {
        if (line.size == 0) continue;
        if (run.data() != nullptr && run.data() + run.size() == line.begin) {
            run = {run.data(), run.size() + line.size};
            continue;
        }
        bytes += run;
        run = line.text();
    }
    bytes += run;
    return bytes;
}

// For a list of ten thousand lines that gains one at a time. Returns false if a line has moved, or
// if a copy of the dictionary shares the text.
bool Dictionary::settle_in_place() {
    if (!keeps_places_ || texts_.empty() || texts_.front().use_count() != 1) return false;
    std::string& text = *texts_.front();
    std::size_t size = text.size();
    for (std::size_t i = settled_lines_; i < lines_.size(); ++i) size += lines_[i].size;
    make_room(text, size);
    settled_parts_.emplace();
    for (const auto& [number, offset] : replaced_) {
        Line& line = lines_[number];
        line.text().copy(text.data() + offset, line.size);
        line.begin = text.data() + offset;
        settled_parts_->push_back({offset, line.size});
    }
    settled_parts_->push_back({text.size(), size - text.size()});
    for (std::size_t i = settled_lines_; i < lines_.size(); ++i) {
        const std::size_t offset = text.size();
        text += lines_[i].text();
        lines_[i].begin = text.data() + offset;
    }
    texts_.resize(1);
    return true;
}

// Moves the text while its lines still tell where they are in it.
void Dictionary::make_room(std::string& text, std::size_t size) {
    if (size <= text.capacity()) return;
    std::string larger;
    larger.reserve(2 * size);
    larger += text;
    for (Line& line : lines_) {
        if (!is_in_parsed_text(line.begin)) continue;  // edited
        line.begin = larger.data() + (line.begin - text.data());
    }
    text.swap(larger);
}

const std::string& Dictionary::settle() {
    const bool in_place = settle_in_place();
    if (!in_place) settle_anew();
    replaced_.clear();
    settled_lines_ = lines_.size();
    keeps_places_ = true;
    return *texts_.front();
}

// Removed lines stay in the table of lines, empty, until they are many: the index need not be made
// anew for each.
void Dictionary::settle_anew() {
    settled_parts_.reset();
    const auto text = std::make_shared<std::string>(to_bytes());
    std::size_t removed = 0;
    const char* at = text->data() + byte_order_mark_.size();
    for (Line& line : lines_) {
        line.begin = at;
        at += line.size;
        if (line.size == 0) ++removed;
    }
    texts_ = {text};
    if (4 * removed <= lines_.size()) return;
    std::erase_if(lines_, [](const Line& line) { return line.size == 0; });
    index_lines();
}

bool Dictionary::was_parsed_from(std::string_view bytes) const {
    return !texts_.empty() && *texts_.front() == bytes;
}

std::string Dictionary::decode(std::string bytes) const {
    if (is_ascii(bytes)) return bytes;
    auto decoded = decode_to_utf8(bytes, encoding_);
    return decoded ? std::move(*decoded) : std::move(bytes);
}

bool Dictionary::is_text(std::string_view bytes) const {
    return !encoding_declared_ || decode_to_utf8(bytes, encoding_).has_value();
}

const Dictionary::Line* Dictionary::last_line(std::string_view name) const {
    if (index_.empty()) return nullptr;
    const Slot& slot = index_[slot_of(name, hash_of(name))];
    return slot.line == kFree ? nullptr : &lines_[slot.line];
}

std::optional<std::string> Dictionary::find_bytes(std::string_view name) const {
    const Line* line = last_line(name);
    if (line == nullptr) return std::nullopt;
    return text_of(line->value());
}

std::optional<std::string> Dictionary::find(std::string_view name) const {
    const Line* line = last_line(name);
    if (line == nullptr) return std::nullopt;
    return decode(text_of(line->value()));
}

std::vector<Dictionary::Entry> Dictionary::entries() const {
    std::vector<Entry> result = entries_in_bytes();
    for (Entry& entry : result) entry.value = decode(std::move(entry.value));
    return result;
}

std::vector<Dictionary::Entry> Dictionary::entries_in_bytes() const {
    std::vector<Entry> result;
    for (const Line& line : lines_) {
        if (line.name_size == 0) continue;
        result.push_back({std::string{line.name()}, text_of(line.value())});
    }
    return result;
}

std::vector<std::string_view> Dictionary::names() const {
    std::vector<std::string_view> result;
    result.reserve(lines_.size());
    for (const Line& line : lines_) {
        if (line.name_size != 0) result.push_back(line.name());
    }
    return result;
}

void Dictionary::set(std::string_view name, std::string_view value) {
    if (!is_utf8(value)) throw not_utf8(value, shown_name(name) + " cannot be set to it");
    if (!is_ascii(value) && !encoding_declared_) {
        if (const Line* line = line_without_meaning()) {
            throw Error{VIX_E_CANNOT_READ_VM_CONFIG,
                        where_ + ": line " + std::to_string(line_at(line->begin)) +
                            ": it is not text in " + encoding_ + ", and the file names no " +
                            "encoding, so " + shown_name(name) + " cannot be set to " +
                            std::string{value} + "; save the file as UTF-8 with the line " +
                            ".encoding = \"UTF-8\", and try again"};
        }
        declare_utf8();
    }
    auto bytes = encode_from_utf8(value, encoding_);
    if (!bytes) {
        turn_to_utf8();
        bytes = std::string{value};
    }
    set_bytes(name, *bytes);
}

void Dictionary::declare_encoding() {
    if (!encoding_declared_ && line_without_meaning() == nullptr) declare_utf8();
}

// The first line with bytes that are invalid in the encoding.
const Dictionary::Line* Dictionary::line_without_meaning() const {
    const auto found = std::find_if(lines_.begin(), lines_.end(), [&](const Line& line) {
        return !is_ascii(line.text()) && encoding_ != "UTF-8" && !line_in_utf8(line);
    });
    return found == lines_.end() ? nullptr : &*found;
}

void Dictionary::set_bytes(std::string_view name, std::string_view bytes) {
    const Line* line = last_line(name);
    if (line == nullptr) return append(name, bytes);
    std::string text{line->text()};
    text.replace(line->value_begin, line->value_size, quote(bytes));
    replace_line(static_cast<std::size_t>(line - lines_.data()), std::move(text));
}

void Dictionary::append(std::string_view name, std::string_view bytes) {
    const std::string end{line_end()};
    const auto last = std::find_if(lines_.rbegin(), lines_.rend(),
                                   [](const Line& line) { return line.size != 0; });
    if (last != lines_.rend() && length_without_line_end(last->text()) == last->size) {
        replace_line(static_cast<std::size_t>(lines_.rend() - last) - 1,
                     std::string{last->text()} + end);
    }
    add_line(keep(std::string{name} + " = " + quote(bytes) + end));
}

void Dictionary::remove(std::string_view name) {
    const Line* last = last_line(name);
    if (last == nullptr) return;
    keeps_places_ = false;
    for (auto number = static_cast<std::uint32_t>(last - lines_.data()); number != kNone;) {
        number = std::exchange(lines_[number], Line{}).before;
    }
}

// A line with bytes that are invalid in the old encoding keeps them: they had no meaning before
// either.
void Dictionary::turn_to_utf8() {
    keeps_places_ = false;
    for (Line& line : lines_) {
        if (auto text = line_in_utf8(line)) line = parse_line(keep(std::move(*text))).line;
    }
    index_lines();
    encoding_ = "UTF-8";
    declare_utf8();
}

// Decodes a value without its escapes, because an escape may stand for half a character.
std::optional<std::string> Dictionary::line_in_utf8(const Line& line) const {
    const std::string_view text = line.text();
    if (line.name_size == 0 && is_ascii(text)) return std::nullopt;
    if (line.name_size == 0) return decode_to_utf8(text, encoding_);
    const auto head = decode_to_utf8(text.substr(0, line.value_begin), encoding_);
    const auto value = decode_to_utf8(text_of(line.value()), encoding_);
    const auto tail = decode_to_utf8(text.substr(line.value_begin + line.value_size), encoding_);
    if (!head || !value || !tail) return std::nullopt;
    return *head + (is_ascii(*value) ? std::string{line.value()} : quote(*value)) + *tail;
}

void Dictionary::declare_utf8() {
    encoding_declared_ = true;
    if (encoding_ != "UTF-8") return turn_to_utf8();
    if (last_line(kEncodingName) != nullptr) {
        set_bytes(kEncodingName, "UTF-8");
        return;
    }
    // VMware looks for `.encoding` at the top. A `#!` line stays first.
    const bool has_interpreter = !lines_.empty() && lines_.front().text().substr(0, 2) == "#!";
    keeps_places_ = false;
    std::string text = std::string{kEncodingName} + " = \"UTF-8\"" + std::string{line_end()};
    lines_.insert(lines_.begin() + (has_interpreter ? 1 : 0),
                  parse_line(keep(std::move(text))).line);
    index_lines();
}

std::string_view Dictionary::line_end() const {
    for (const Line& line : lines_) {
        const auto end = line.text().find_first_of("\r\n");
        if (end == std::string_view::npos) continue;
        const std::string_view rest = line.text().substr(end);
        return rest.substr(0, rest.substr(0, 2) == "\r\n" ? 2 : 1);
    }
    return "\n";
}

}  // namespace vix::format
