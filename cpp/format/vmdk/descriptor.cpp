#include "format/vmdk/descriptor.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"

namespace vix::format::vmdk {
namespace {

// VMware writes about a dozen, into 10 KiB if the descriptor is embedded.
constexpr std::size_t kMaxDdbEntries = 1000;
constexpr std::size_t kMaxExtents = 40000;  // 64 TiB in extents of not quite 2 GiB

constexpr std::string_view kEncryptionFilter = "vmwarevmcrypt";  // ESX's, among others

constexpr std::pair<ExtentType, std::string_view> kTypes[] = {
    {ExtentType::Flat, "FLAT"},
    {ExtentType::Sparse, "SPARSE"},
    {ExtentType::Zero, "ZERO"},
    {ExtentType::Vmfs, "VMFS"},
    {ExtentType::VmfsSparse, "VMFSSPARSE"},
    {ExtentType::SeSparse, "SESPARSE"},
    {ExtentType::VmfsRdm, "VMFSRDM"},
    {ExtentType::VmfsRaw, "VMFSRAW"},
};

constexpr std::pair<Access, std::string_view> kAccess[] = {
    {Access::ReadWrite, "RW"}, {Access::ReadOnly, "RDONLY"}, {Access::None, "NOACCESS"}};

template <typename Value, std::size_t count>
std::optional<Value> value_named(const std::pair<Value, std::string_view> (&names)[count],
                                 std::string_view name) {
    for (const auto& [value, known] : names) {
        if (equal_ignoring_case(known, name)) return value;
    }
    return std::nullopt;
}

// Reads a descriptor line by line and keeps the line number for messages.
class Parser {
  public:
    explicit Parser(std::string where) : where_{std::move(where)} {}

    Descriptor parse(std::string_view text) {
        std::size_t begin = 0;
        while (begin < text.size()) {
            const std::size_t end = std::min(text.find('\n', begin), text.size());
            ++line_number_;
            parse_line(trim(text.substr(begin, end - begin)));
            begin = end + 1;
        }
        if (descriptor_.create_type.empty()) fail("the descriptor has no createType");
        if (descriptor_.extents.empty()) fail("the descriptor has no extent line");
        decode_names();
        return std::move(descriptor_);
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw Error{VIX_E_DISK_INVALIDDISK, where_ + ": " + what};
    }

    [[noreturn]] void fail_here(const std::string& what) const {
        fail("line " + std::to_string(line_number_) + ": " + what);
    }

    void parse_line(std::string_view line) {
        if (line.empty() || line.front() == '#') return;
        const std::string_view first = line.substr(0, line.find_first_of(" \t="));
        if (const auto access = value_named(kAccess, first)) {
            parse_extent(*access, trim(line.substr(first.size())));
            return;
        }
        const auto equals = line.find('=');
        const std::string_view name = trim(line.substr(0, equals));
        if (equals == std::string_view::npos || name.find_first_of(" \t\"") != name.npos) {
            // A damaged extent line still has its size, type or name. Ignoring it would silently
            // drop the extent's data.
            if (may_be_extent(line)) fail_here("this is neither an extent nor an assignment");
            return;
        }
        std::string_view value = trim(line.substr(equals + 1));
        const bool data_base = starts_with_ignoring_case(name, "ddb.");
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
            value = value.substr(1, value.size() - 2);
        } else if (!data_base && !value.empty() && value.front() == '"') {
            fail_here("the value has no closing quote");
        }
        if (is_single(name) && !known_.insert(to_lower(name)).second) {
            fail_here("this name occurs twice");
        }
        set_header(name, value);
    }

    static bool may_be_extent(std::string_view line) {
        if (line.find_first_of("0123456789\"") != line.npos) return true;
        std::string_view rest = line;
        for (auto word = take_word(rest); !word.empty(); word = take_word(rest)) {
            if (value_named(kTypes, word)) return true;
        }
        return false;
    }

    static bool is_single(std::string_view name) {
        constexpr std::string_view kNames[] = {"CID", "parentCID", "parentFileNameHint",
                                               "createType", "encoding"};
        return std::any_of(std::begin(kNames), std::end(kNames), [&](std::string_view known) {
            return equal_ignoring_case(known, name);
        });
    }

    void set_header(std::string_view name, std::string_view value) {
        if (starts_with_ignoring_case(name, "ddb.")) {
            // Older products put the encoding here; the header's own line has priority.
            if (equal_ignoring_case(name, "ddb.encoding")) ddb_encoding_ = value;
            if (descriptor_.ddb.size() == kMaxDdbEntries)
                fail("the disk data base has too many entries");
            descriptor_.ddb.emplace_back(name.substr(4), value);
            if (equal_ignoring_case(name, "ddb.iofilters") &&
                to_lower(value).find(kEncryptionFilter) != std::string::npos) {
                descriptor_.encrypted = true;
            }
        } else if (equal_ignoring_case(name, "encoding")) {
            encoding_ = value;
        } else if (equal_ignoring_case(name, "CID")) {
            descriptor_.cid = parse_cid(value);
        } else if (equal_ignoring_case(name, "parentCID")) {
            descriptor_.parent_cid = parse_cid(value);
        } else if (equal_ignoring_case(name, "createType")) {
            descriptor_.create_type = value;
        } else if (equal_ignoring_case(name, "parentFileNameHint")) {
            descriptor_.parent_hint_bytes = value;
        } else if (equal_ignoring_case(name, "encryptionKeys") ||
                   equal_ignoring_case(name, "keyID") ||
                   starts_with_ignoring_case(name, "encryption.")) {
            descriptor_.encrypted = true;
        } else if (equal_ignoring_case(name, "version") && !parse_number(value)) {
            fail_here("the version is not a number");
        }
    }

    std::uint32_t parse_cid(std::string_view value) const {
        const auto cid = parse_hex32(value);
        if (!cid) fail_here("the content id is not a number of up to eight hexadecimal digits");
        return *cid;
    }

    // SECTORS TYPE ["NAME" [OFFSET]]. On Windows two more fields may follow for devices.
    void parse_extent(Access access, std::string_view rest) {
        ExtentLine extent;
        extent.access = access;
        const auto sectors = parse_number(take_word(rest));
        if (!sectors) fail_here("the extent's size is not a number");
        extent.sectors = *sectors;
        const auto type = value_named(kTypes, take_word(rest));
        if (!type) fail_here("the extent's type is unknown");
        extent.type = *type;
        if (extent.type != ExtentType::Zero) {
            extent.name_bytes = take_name(rest);
            const std::string_view offset = take_word(rest);
            const auto number = offset.empty() ? 0 : parse_number(offset);
            if (!number) fail_here("the extent's offset is not a number");
            extent.offset_sectors = *number;
        }
        if (extent.sectors == 0) fail_here("the extent is empty");
        if (descriptor_.extents.size() == kMaxExtents) fail("the descriptor has too many extents");
        descriptor_.extents.push_back(std::move(extent));
    }

    static std::string_view take_word(std::string_view& rest) {
        rest = trim(rest);
        const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
        rest.remove_prefix(word.size());
        return word;
    }

    std::string take_name(std::string_view& rest) const {
        rest = trim(rest);
        const auto close = rest.size() > 1 ? rest.find('"', 1) : std::string_view::npos;
        if (rest.empty() || rest.front() != '"' || close == std::string_view::npos) {
            fail_here("the extent has no file name in quotes");
        }
        std::string name{rest.substr(1, close - 1)};
        rest.remove_prefix(close + 1);
        if (name.empty() || name.find('\0') != std::string::npos) {
            fail_here("the extent's file name is empty or contains a NUL byte");
        }
        return name;
    }

    std::string decode(const std::string& bytes) const {
        const std::string fallback = is_utf8(bytes) ? "UTF-8" : "windows-1252";
        const auto text = decode_to_utf8(bytes, encoding_.empty() ? fallback : encoding_);
        return text.value_or(bytes);
    }

    void decode_names() {
        if (encoding_.empty()) encoding_ = ddb_encoding_;
        descriptor_.parent_hint = decode(descriptor_.parent_hint_bytes);
        for (ExtentLine& extent : descriptor_.extents) extent.name = decode(extent.name_bytes);
        for (auto& [name, value] : descriptor_.ddb) value = decode(value);
    }

    std::string where_;
    std::size_t line_number_ = 0;
    std::string encoding_;
    std::string ddb_encoding_;
    std::set<std::string> known_;  // names in the header, in lower case
    Descriptor descriptor_;
};

std::string hex8(std::uint32_t value) {
    std::array<char, 9> text{};
    std::snprintf(text.data(), text.size(), "%08x", value);
    return text.data();
}

// Descriptors are UTF-8. A host file whose name is not cannot be named in one: a reader would look
// for another file.
const std::string& checked_name(const std::string& name) {
    if (is_utf8(name)) return name;
    throw not_utf8("the name of the file " + name, "no disk can refer to it");
}

std::string to_text(const ExtentLine& extent) {
    std::string access{kAccess[static_cast<std::size_t>(extent.access)].second};
    std::string line = access + ' ' + std::to_string(extent.sectors) + ' ';
    line += name_of(extent.type);
    if (extent.type == ExtentType::Zero) return line + '\n';
    line += " \"" + checked_name(extent.name) + '"';
    // ESX writes no offset for VMFS extents, and QEMU refuses one.
    const bool offset = extent.type == ExtentType::Flat ||
                        (extent.type == ExtentType::Vmfs && extent.offset_sectors != 0);
    if (offset) line += ' ' + std::to_string(extent.offset_sectors);
    return line + '\n';
}

}  // namespace

std::optional<std::string> Descriptor::find_ddb(std::string_view name) const {
    for (const auto& [key, value] : ddb) {
        if (equal_ignoring_case(key, name)) return value;
    }
    return std::nullopt;
}

std::uint64_t Descriptor::capacity_sectors() const {
    std::uint64_t sum = 0;
    for (const ExtentLine& extent : extents) sum = checked_add(sum, extent.sectors);
    return sum;
}

bool looks_like_descriptor(std::string_view text) {
    const std::string_view start = trim(text.substr(0, 4096));
    return start.substr(0, 1) == "#" || starts_with_ignoring_case(start, "version");
}

// The text ends at the first NUL: QEMU pads its descriptors, and an embedded one fills its space
// with NULs.
Descriptor parse_descriptor(std::string_view text, const std::string& where) {
    text = text.substr(0, text.find('\0'));
    if (!looks_like_descriptor(text)) {
        throw Error{VIX_E_DISK_INVALIDDISK, where + " is not a virtual disk"};
    }
    return Parser{where}.parse(text);
}

std::string_view name_of(ExtentType type) {
    return kTypes[static_cast<std::size_t>(type)].second;
}

// QEMU requires `version=` directly below the comment, and the CID line directly before parentCID.
std::string to_text(const Descriptor& descriptor) {
    std::string text =
        "# Disk DescriptorFile\n"
        "version=1\n"
        "encoding=\"UTF-8\"\n";
    text += "CID=" + hex8(descriptor.cid.value_or(0)) + '\n';
    text += "parentCID=" + hex8(descriptor.parent_cid) + '\n';
    text += "createType=\"" + descriptor.create_type + "\"\n";
    if (!descriptor.parent_hint.empty()) {
        text += "parentFileNameHint=\"" + checked_name(descriptor.parent_hint) + "\"\n";
    }
    text += "\n# Extent description\n";
    for (const ExtentLine& extent : descriptor.extents) text += to_text(extent);
    text += "\n# The Disk Data Base \n#DDB\n\n";
    auto ddb = descriptor.ddb;
    std::sort(ddb.begin(), ddb.end());
    std::erase_if(ddb, [](const auto& entry) {
        return equal_ignoring_case(entry.first, "encoding");  // written above, and now UTF-8
    });
    for (const auto& [name, value] : ddb) text += "ddb." + name + " = \"" + value + "\"\n";
    return text;
}

}  // namespace vix::format::vmdk
