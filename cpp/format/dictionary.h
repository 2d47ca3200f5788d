// VMware's dictionary text (.vmx, .vmsd, settings): lines of `name = "value"`. Everything that is
// not edited is kept byte for byte: order, comments, malformed lines, line ends, encoding. Grammar
// and escapes are those of VMware's open-vm-tools; names are compared ignoring case. Nothing here
// fails on malformed text.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"

namespace vix::format {

class Dictionary {
  public:
    struct Entry {
        std::string name;
        std::string value;  // UTF-8; bytes that are invalid in the file's encoding stay as they are
    };
    struct Fault {
        std::size_t line = 0;  // counted from 1
        std::string what;      // "the value of NAME has no closing quote"
    };

    // Never fails: a malformed line is kept and has no effect. Check fault() before you conclude
    // from a name's absence. `where` is the file's name for messages.
    static Dictionary parse(std::string_view bytes, std::string where = "text");
    // The first line of the parsed text that VMware does not accept: a malformed one, or one that
    // defines a name again. Later edits do not change it.
    const std::optional<Fault>& fault() const { return fault_; }
    // The line number in the parsed text; 0 if the name is absent or its line was edited.
    std::size_t line_of(std::string_view name) const;
    std::string to_bytes() const;
    // Returns the same, and makes these bytes the parsed text: for a caller that keeps the
    // dictionary after it has written them. Views that names() returned before become invalid.
    const std::string& settle();
    // The parts of that text that settle() changed; everything else is where it was before. Nothing
    // if lines have moved.
    const std::optional<std::vector<TextPart>>& settled_parts() const { return settled_parts_; }
    // Whether the parsed text had exactly these bytes; later edits do not matter.
    bool was_parsed_from(std::string_view bytes) const;

    // If a name occurs twice, the last value counts.
    std::optional<std::string> find(std::string_view name) const;
    std::vector<Entry> entries() const;
    // The same with the values' bytes as in the file: unescaped, not decoded.
    std::vector<Entry> entries_in_bytes() const;
    // Converts from the file's encoding to UTF-8. Bytes that are invalid in that encoding are
    // returned unchanged.
    std::string decode(std::string bytes) const;
    // True if the bytes are valid in the encoding that the file declares, or if it declares none.
    bool is_text(std::string_view bytes) const;
    const std::string& encoding() const { return encoding_; }
    // Replaces each `|HH` by the byte.
    static std::string undo_escapes(std::string_view text);
    // The name of each line. The views are valid as long as the dictionary, even if it is edited.
    std::vector<std::string_view> names() const;

    // Replaces the value in place, or appends a new name at the end. Converts the whole file to
    // UTF-8 if its encoding cannot represent the value. Errors: VIX_E_FILE_NAME_INVALID if the
    // value is not UTF-8, as a host's file name may be; VIX_E_CANNOT_READ_VM_CONFIG if it is not
    // ASCII and the file, which declares no encoding, has a line that cannot be decoded.
    void set(std::string_view name, std::string_view value);
    // The same with a value in the file's encoding, such as one of entries_in_bytes().
    void set_bytes(std::string_view name, std::string_view bytes);
    // Converts a file without `.encoding` to UTF-8 and declares that in it. Does nothing if some of
    // the text cannot be decoded.
    void declare_encoding();
    // Removes every line of that name.
    void remove(std::string_view name);

    // The value's bytes as in the file: unescaped, not decoded.
    std::optional<std::string> find_bytes(std::string_view name) const;

  private:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};

    // One line with its line end, or several consecutive lines without effect: a file of a million
    // such lines must not need more memory than its bytes. Name and value are parts of the text.
    struct Line {
        const char* begin = nullptr;
        std::uint32_t size = 0;
        std::uint32_t name_begin = 0;
        std::uint32_t name_size = 0;  // 0: comment, blank line or malformed
        std::uint32_t value_begin = 0;
        std::uint32_t value_size = 0;  // including its quotes
        std::uint32_t before = kNone;  // the previous line with the same name

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
    bool is_in_parsed_text(const char* place) const;
    std::size_t line_at(const char* place) const;
    void parse_lines(std::string_view bytes);
    std::string_view keep(std::string text);
    void add_line(std::string_view text);
    std::size_t slot_of(std::string_view name, std::uint32_t hash) const;
    void index_line(std::size_t number);
    void index_lines();
    void replace_line(std::size_t number, std::string text);
    bool settle_in_place();
    void settle_anew();
    void make_room(std::string& text, std::size_t size);
    const Line* last_line(std::string_view name) const;
    void append(std::string_view name, std::string_view bytes);
    void turn_to_utf8();
    std::optional<std::string> line_in_utf8(const Line& line) const;
    void declare_utf8();
    const Line* line_without_meaning() const;
    std::string_view line_end() const;

    std::string where_;
    std::string byte_order_mark_;
    std::optional<Fault> fault_;
    std::vector<Line> lines_;  // a removed line is empty
    // Owns the text of the lines: the file as it was read, and each edited line. Copies of the
    // dictionary share it.
    std::vector<std::shared_ptr<std::string>> texts_;
    // What was edited since the text was parsed or settled: lines that keep their place in it, with
    // their offsets, and all from settled_lines_ on, which follow it.
    std::vector<std::pair<std::size_t, std::size_t>> replaced_;
    std::size_t settled_lines_ = 0;
    std::optional<std::vector<TextPart>> settled_parts_;
    bool keeps_places_ = false;  // a text was parsed, and there were no other edits
    // Finds the last line of each name. It is an open hash table, at most half full, because lists
    // of ten thousand names are read for each clone. The slot of a removed name is no longer found,
    // and stays until the table is rebuilt.
    struct Slot {
        std::uint32_t hash = 0;
        std::uint32_t line = kFree;
    };
    static constexpr std::uint32_t kFree = kNone;
    std::vector<Slot> index_;
    std::size_t used_slots_ = 0;
    std::string encoding_;  // as declared in the file, else UTF-8, else windows-1252
    bool encoding_declared_ = false;
};

}  // namespace vix::format
