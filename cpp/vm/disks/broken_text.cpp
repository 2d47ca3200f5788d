#include "vm/disks/broken_text.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "format/dictionary.h"

namespace vix::vm {
namespace {

constexpr std::size_t kMostBytes = std::size_t{16} << 20;  // total size of all names
constexpr std::size_t kLongestName = 4096;                 // the longest path that a host allows
constexpr std::size_t kMostBlanks = 16;                    // in one name
constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kExtensions[] = {".vmdk", ".dsk",   ".raw",  ".vmsn", ".vmss",
                                            ".vmem", ".nvram", ".vmsd", ".vmxf"};

class NameSearch {
  public:
    explicit NameSearch(const std::string& text)
        : text_{text}, dictionary_{format::Dictionary::parse(text)} {}

    std::vector<NamedFile> names() {
        std::string_view rest = text_;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
            search_line(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        return std::move(names_);
    }

  private:
    void search_line(std::string_view line) {
        const auto equals = line.find('=');
        if (equals != std::string_view::npos) search_value(line.substr(equals + 1));
        for (std::size_t dot = line.find('.'); dot < line.size(); dot = line.find('.', dot + 1)) {
            for (const std::string_view extension : kExtensions) {
                if (!starts_with_ignoring_case(line.substr(dot), extension)) continue;
                search_before(line.substr(0, dot + extension.size()));
            }
        }
    }

    // Adds the readings of a value: "a.vmdk as it stands, then a.vmdk", then a b.vmdk, and the part
    // before a quote that other text follows.
    void search_value(std::string_view value) {
        value = trim(value);
        add(value);
        if (value.substr(0, 1) == "\"") value.remove_prefix(1);
        add(value);
        add(trim(value.substr(0, value.find('"'))));
        add(trim(value.substr(0, value.find('#'))));
    }

    // `text` ends where a name ends. Where the name begins is unknown, so every blank before it
    // counts.
    void search_before(std::string_view text) {
        std::size_t blanks = 0;
        for (std::size_t at = text.size(); at-- > 0 && text.size() - at <= kLongestName;) {
            const bool blank = kBlanks.find(text[at]) != std::string_view::npos;
            const bool border = text[at] == '"' || text[at] == '=';
            if (blank || border) add(trim(text.substr(at + 1)));
            if (border || (blank && ++blanks == kMostBlanks)) return;
        }
        add(trim(text));
    }

    void add(std::string_view raw) {
        if (raw.empty() || raw.size() > kLongestName) return;
        std::string bytes = format::Dictionary::undo_escapes(raw);
        if (!known_.insert(bytes).second) return;
        bytes_ += bytes.size();
        if (bytes_ > kMostBytes) {
            throw Error{VIX_E_CANNOT_READ_VM_CONFIG,
                        "a configuration or snapshot list that cannot be parsed contains more than "
                        "16 MiB of possible file names; repair that file"};
        }
        std::string name = dictionary_.decode(bytes);
        names_.push_back({std::move(name), std::move(bytes)});
    }

    const std::string& text_;
    format::Dictionary dictionary_;
    std::set<std::string> known_;
    std::size_t bytes_ = 0;
    std::vector<NamedFile> names_;
};

}  // namespace

std::vector<NamedFile> names_in_broken_text(const std::string& text) {
    return NameSearch{text}.names();
}

}  // namespace vix::vm
