// VMware's dictionary text (.vmx, .vmsd, settings): lines of `name = "value"`. What is not edited
// is kept to the byte: order, comments, broken lines, line ends, encoding. Grammar and escapes as
// in VMware's open-vm-tools; names are compared without regard to case.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace vix::format {

class Dictionary {
  public:
    struct Entry {
        std::string name;
        std::string
            value;  // UTF-8; bytes that mean nothing in the file's encoding stay as they are
    };

    // Never fails: a line that is not well-formed is kept and has no effect.
    static Dictionary parse(std::string_view bytes);
    std::string to_bytes() const;

    // Of a name that stands there twice the last value counts.
    std::optional<std::string> find(std::string_view name) const;
    std::vector<Entry> entries() const;

    // Replaces the value in place; a name that is new is appended at the end. A value that the
    // file's encoding cannot hold turns the whole file to UTF-8.
    void set(std::string_view name, std::string_view value);
    // Every line of that name vanishes.
    void remove(std::string_view name);

    // The value's bytes as they are in the file, escapes undone, not decoded.
    std::optional<std::string> find_bytes(std::string_view name) const;

  private:
    struct Line {
        std::string text;  // with its line end
        std::string name;  // empty: comment, blank or not well-formed
        std::size_t value_begin = 0;
        std::size_t value_end = 0;  // of the value with its quotes, within text
    };

    static Line parse_line(std::string text);
    std::string decode(std::string_view bytes) const;
    std::string value_of(const Line& line) const;
    const Line* last_line(std::string_view name) const;
    void index_lines();
    void put_value(std::string_view name, std::string_view bytes);
    void append(std::string_view name, std::string_view bytes);
    void turn_to_utf8();
    std::optional<std::string> line_in_utf8(const Line& line) const;
    void declare_utf8();
    std::string line_end() const;

    std::string byte_order_mark_;
    std::vector<Line> lines_;  // one that was removed is empty
    // Name in lower case -> numbers of its lines; a hostile file can have a great many names.
    std::unordered_map<std::string, std::vector<std::size_t>> index_;
    std::string encoding_;  // as named in the file, else UTF-8, else windows-1252
    bool encoding_declared_ = false;
};

}  // namespace vix::format
