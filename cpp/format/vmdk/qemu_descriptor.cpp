#include "format/vmdk/qemu_descriptor.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/error.h"
#include "base/text.h"
#include "format/vmdk/headers.h"

namespace vix::format::vmdk {
namespace {

constexpr std::size_t kTextLimit = (std::size_t{1} << 20) - 1;  // QEMU parses this much for extents
constexpr std::size_t kNameLimit = 511;
constexpr std::string_view kChangeTrackKey = "changeTrackPath";
// For a descriptor in a file of its own.
constexpr std::string_view kKnownTypes[] = {"monolithicFlat",       "vmfs",
                                            "vmfsSparse",           "seSparse",
                                            "twoGbMaxExtentSparse", "twoGbMaxExtentFlat"};

std::string_view until_nul(std::string_view text) {
    return text.substr(0, text.find('\0'));
}

// The part that QEMU searches for content ids.
std::string_view start_of(std::string_view text) {
    return until_nul(text.substr(0, kQemuDescriptorLimit - 1));
}

// The number after the first occurrence of `word`, with one character of any kind between them.
std::optional<std::uint32_t> number_behind(std::string_view text, std::string_view word) {
    const auto at = text.find(word);
    if (at == std::string_view::npos || at + word.size() + 1 > text.size()) return std::nullopt;
    std::string_view rest = text.substr(at + word.size() + 1);
    const std::size_t begin = rest.find_first_not_of(" \t\r\n\v\f");
    if (begin == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(begin);
    const std::size_t digits = rest.find_first_not_of("0123456789abcdefABCDEF");
    return parse_hex32(rest.substr(0, digits));
}

// RW SECTORS TYPE "NAME" [OFFSET]. QEMU ignores lines with fewer fields or another access.
struct LineFields {
    std::string_view type;
    std::string_view name;
    std::string_view offset;  // empty if there is none
    std::optional<std::uint64_t> sectors;
};

std::string_view take_field(std::string_view& rest) {
    rest = trim(rest);
    const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
    rest.remove_prefix(word.size());
    return word;
}

std::optional<LineFields> fields_of(std::string_view line) {
    if (take_field(line) != "RW") return std::nullopt;
    LineFields fields;
    fields.sectors = parse_number(take_field(line));
    fields.type = take_field(line);
    line = trim(line);
    if (!fields.sectors || line.substr(0, 1) != "\"") return std::nullopt;
    const auto close = line.find('"', 1);
    if (close == std::string_view::npos) return std::nullopt;
    fields.name = line.substr(1, close - 1);
    line.remove_prefix(close + 1);
    fields.offset = take_field(line);
    return fields;
}

bool same(const LineFields& found, const ExtentLine& line) {
    const bool has_offset = !found.offset.empty();
    const bool wants_offset = line.type == ExtentType::Flat;
    const auto offset = has_offset ? parse_number(found.offset) : 0;
    return found.sectors == line.sectors && found.type == name_of(line.type) &&
           found.name == line.name_bytes && found.name.size() <= kNameLimit &&
           has_offset == wants_offset && offset == line.offset_sectors;
}

bool same_extents(std::string_view text, const std::vector<ExtentLine>& extents) {
    std::size_t count = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const auto found = fields_of(text.substr(begin, end - begin));
        if (found && (count == extents.size() || !same(*found, extents[count]))) return false;
        if (found) ++count;
        begin = end + 1;
    }
    return count == extents.size();
}

bool is_quoted_type(std::string_view text, std::string_view type) {
    const auto at = text.find("createType");
    if (at == std::string_view::npos) return false;
    const std::string expected = "createType=\"" + std::string{type} + '"';
    return text.substr(at, expected.size()) == expected;
}

// The text after QEMU's first write. QEMU reads the first `size` bytes (fewer if the file is
// shorter), and only up to the first NUL.
std::string rewritten(std::string_view text, std::size_t size, std::uint32_t cid) {
    std::string start{text.substr(0, size)};
    start.resize(size, '\0');
    start.back() = '\0';
    const std::string_view words = until_nul(start);
    const auto parent = words.find("parentCID");
    const auto own = words.find("CID");
    if (parent == std::string_view::npos) return std::string{text};
    std::array<char, 16> number{};
    std::snprintf(number.data(), number.size(), "%x\n", cid);
    std::string changed{words.substr(0, own + 4)};
    changed += number.data();
    changed += words.substr(parent);
    changed.resize(std::min(changed.size(), size - 1));
    if (text.size() > size && changed.size() == size - 1) {
        return changed + '\0' + std::string{text.substr(size)};
    }
    return changed;
}

bool same(const ExtentLine& a, const ExtentLine& b) {
    return a.access == b.access && a.sectors == b.sectors && a.type == b.type &&
           a.name_bytes == b.name_bytes && a.offset_sectors == b.offset_sectors;
}

bool same_but_for_cid(const Descriptor& a, const Descriptor& b) {
    const auto alike = [](const ExtentLine& x, const ExtentLine& y) { return same(x, y); };
    return a.parent_cid == b.parent_cid && a.create_type == b.create_type &&
           a.parent_hint_bytes == b.parent_hint_bytes && a.ddb == b.ddb &&
           std::equal(a.extents.begin(), a.extents.end(), b.extents.begin(), b.extents.end(),
                      alike);
}

bool survives(std::string_view text, std::size_t size, std::uint32_t cid,
              const Descriptor& descriptor) {
    try {
        const Descriptor after = parse_descriptor(rewritten(text, size, cid), "");
        return after.cid == cid && same_but_for_cid(after, descriptor);
    } catch (const Error&) {
        return false;
    }
}

// Calls `edit` for each line, with the text before its `=`.
template <typename Edit>
void for_each_line(std::string_view text, Edit edit) {
    text = until_nul(text);
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view line = text.substr(begin, end - begin);
        edit(begin, line, trim(line.substr(0, line.find('='))));
        begin = end + 1;
    }
}

bool is_tracking_version(std::string_view line, std::string_view key) {
    if (!equal_ignoring_case(key, "version") || line.find('=') == std::string_view::npos) {
        return false;
    }
    return parse_number(trim(line.substr(line.find('=') + 1))) ==
           HostedHeader::kVersionWithTracking;
}

}  // namespace

std::optional<std::string> misread_by_qemu(std::string_view text, const Descriptor& descriptor,
                                           bool embedded) {
    const std::string_view start = start_of(text);
    const bool same_ids = number_behind(start, "CID") == descriptor.cid &&
                          number_behind(start, "parentCID") == descriptor.parent_cid;
    if (!same_ids) return "QEMU would read other content ids from its descriptor";
    if (embedded) return std::nullopt;
    const std::string_view whole = until_nul(text.substr(0, kTextLimit));
    const bool known =
        std::any_of(std::begin(kKnownTypes), std::end(kKnownTypes), [&](std::string_view type) {
            return type == descriptor.create_type && is_quoted_type(whole, type);
        });
    if (!known) return "QEMU does not support its createType";
    const bool writable =
        std::all_of(descriptor.extents.begin(), descriptor.extents.end(), [](const auto& line) {
            return line.access == Access::ReadWrite && line.type != ExtentType::Zero;
        });
    if (!writable) return "QEMU would ignore its extents that are ZERO or not RW";
    if (!same_extents(whole, descriptor.extents)) {
        return "QEMU would read other extents from its descriptor";
    }
    return std::nullopt;
}

bool survives_qemus_write(std::string_view text, const Descriptor& descriptor) {
    text = until_nul(text);
    const std::size_t whole = std::max<std::size_t>(text.size(), kQemuDescriptorLimit);
    for (const std::uint32_t cid : {0U, 0xFFFFFFFEU}) {
        if (!survives(text, whole, cid, descriptor)) return false;
        // Unless QEMU has the correction, a longer text would then have a NUL in its middle.
        if (text.size() > kQemuDescriptorLimit) continue;
        if (!survives(text, kQemuDescriptorLimit, cid, descriptor)) return false;
    }
    return true;
}

bool tracks_changes(std::string_view text) {
    bool found = false;
    for_each_line(text, [&](std::size_t, std::string_view line, std::string_view key) {
        found |= equal_ignoring_case(key, kChangeTrackKey) || is_tracking_version(line, key);
    });
    return found;
}

std::string without_change_tracking(std::string_view text) {
    std::string changed{text};
    for_each_line(text, [&](std::size_t begin, std::string_view line, std::string_view key) {
        if (equal_ignoring_case(key, kChangeTrackKey)) {
            const bool cr = line.back() == '\r';
            changed.replace(begin, line.size() - cr, line.size() - cr, '#');
        } else if (is_tracking_version(line, key)) {
            changed[begin + line.find('3', line.find('='))] = '1';
        }
    });
    return changed;
}

}  // namespace vix::format::vmdk
