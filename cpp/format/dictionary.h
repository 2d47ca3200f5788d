// VMware's dictionary text (.vmx, .vmsd, settings): lines of `name = "value"`. What is not edited
// is kept to the byte: order, comments, broken lines, line ends, encoding. Grammar and escapes as
// in VMware's open-vm-tools; names are compared without regard to case.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vix::format {

class Dictionary {
  public:
    struct Entry {
        std::string name;
        std::string
            value;  // UTF-8; bytes that mean nothing in the file's encoding stay as they are
    };
    struct Fault {
        std::size_t line = 0;  // counted from 1
        std::string what;      // "the value of NAME has no closing quote"
    };

    // Never fails: a line that is not well-formed is kept and has no effect. The caller reads
    // fault() before it relies on what the text does not say.
    static Dictionary parse(std::string_view bytes);
    // The first line that VMware does not accept: one that is not well-formed, or that defines what
    // an earlier line has defined. Of the text that was parsed, whatever was changed since.
    const std::optional<Fault>& fault() const { return fault_; }
    // The line in the text that was parsed; 0: the name is not there, or its line was changed
    // since.
    std::size_t line_of(std::string_view name) const;
    std::string to_bytes() const;
    // Whether these are the bytes that it was parsed from, whatever was changed since.
    bool was_parsed_from(std::string_view bytes) const;

    // Of a name that stands there twice the last value counts.
    std::optional<std::string> find(std::string_view name) const;
    std::vector<Entry> entries() const;
    // The same with values as in the file: escapes undone, not decoded.
    std::vector<Entry> entries_in_bytes() const;
    // From the file's encoding to UTF-8; bytes that mean nothing in it stay as they are.
    std::string decode(std::string bytes) const;
    // Whether they mean something in the encoding that the file declares, if it declares one.
    bool is_text(std::string_view bytes) const;
    const std::string& encoding() const { return encoding_; }
    // `|HH` becomes the byte.
    static std::string undo_escapes(std::string_view text);
    // The names alone, a line's each; they last as long as the dictionary, also where it is
    // changed.
    std::vector<std::string_view> names() const;

    // Replaces the value in place; a name that is new is appended at the end. A value that the
    // file's encoding cannot hold turns the whole file to UTF-8.
    void set(std::string_view name, std::string_view value);
    // Turns a file without `.encoding` to UTF-8 and names that there. Changes nothing if some of
    // its text cannot be decoded.
    void declare_encoding();
    // Every line of that name vanishes.
    void remove(std::string_view name);

    // The value's bytes as they are in the file, escapes undone, not decoded.
    std::optional<std::string> find_bytes(std::string_view name) const;

  private:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};

    // A line with its end, or several without effect behind each other: files of a million of these
    // are to cost no more than their bytes. A name and its value are parts of the text.
    struct Line {
        const char* begin = nullptr;
        std::uint32_t size = 0;
        std::uint32_t name_begin = 0;
        std::uint32_t name_size = 0;  // 0: comment, blank or not well-formed
        std::uint32_t value_begin = 0;
        std::uint32_t value_size = 0;  // with its quotes
        std::uint32_t before = kNone;  // the line before it with the same name

        std::string_view text() const { return {begin, size}; }
        std::string_view name() const { return text().substr(name_begin, name_size); }
        std::string_view value() const { return text().substr(value_begin, value_size); }
    };
    static Line line_without_effect(std::string_view text);
    enum class Flaw { None, NoAssignment, NoName, OpenQuote, TextBehindQuote, Blank, Nul };
    struct ParsedLine {
        Line line;
        Flaw flaw = Flaw::None;
    };
    static ParsedLine parse_line(std::string_view text);
    static std::string text_of(std::string_view value);
    static Fault fault_of(Flaw flaw, std::string_view text);
    std::optional<Fault> duplicate() const;
    std::size_t line_at(const char* place) const;
    void parse_lines(std::string_view bytes);
    std::string_view keep(std::string text);
    void add_line(std::string_view text);
    std::size_t slot_of(std::string_view name, std::uint32_t hash) const;
    void index_line(std::size_t number);
    void index_lines();
    void replace_line(std::size_t number, std::string text);
    const Line* last_line(std::string_view name) const;
    void put_value(std::string_view name, std::string_view bytes);
    void append(std::string_view name, std::string_view bytes);
    void turn_to_utf8();
    std::optional<std::string> line_in_utf8(const Line& line) const;
    void declare_utf8();
    std::string_view line_end() const;

    std::string byte_order_mark_;
    std::optional<Fault> fault_;
    std::vector<Line> lines_;  // one that was removed is empty
    // What the lines are parts of: the file as it was read, and each line that was changed since. A
    // copy of the dictionary has the same.
    std::vector<std::shared_ptr<const std::string>> texts_;
    // The last line of each name: an open hash table, with free slots between, since there are
    // lists of ten thousand names that are read for each clone. The slot of a name that was removed
    // is no longer found and stays until all is indexed anew.
    struct Slot {
        std::uint32_t hash = 0;
        std::uint32_t line = kFree;
    };
    static constexpr std::uint32_t kFree = kNone;
    std::vector<Slot> index_;
    std::size_t used_slots_ = 0;
    std::string encoding_;  // as named in the file, else UTF-8, else windows-1252
    bool encoding_declared_ = false;
};

}  // namespace vix::format
