#include "vm/snapshots/snapshot_keys.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/text.h"

namespace vix::vm {
namespace {

constexpr std::string_view kPrefix = "snapshot";
constexpr std::uint64_t kMostIndex = 0xFFFFFF;

bool is_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Returns "3" for "disk3.fileName".
std::optional<std::string_view> digits_in(std::string_view name, std::string_view before,
                                          std::string_view after) {
    if (name.size() <= before.size() + after.size()) return std::nullopt;
    const std::size_t end = name.size() - after.size();
    if (!equal_ignoring_case(name.substr(0, before.size()), before) ||
        !equal_ignoring_case(name.substr(end), after)) {
        return std::nullopt;
    }
    const std::string_view digits = name.substr(before.size(), end - before.size());
    return is_digits(digits) ? std::optional{digits} : std::nullopt;
}

// Refuses "07": snapshot_key() would spell it "7" and not find it.
std::optional<std::uint64_t> plain_number(std::string_view digits) {
    if (digits.size() > 1 && digits[0] == '0') return std::nullopt;
    return parse_number(digits);
}

}  // namespace

std::string snapshot_key(std::size_t index, std::string_view name) {
    return std::string{kPrefix} + std::to_string(index) + '.' + std::string{name};
}

std::optional<std::pair<std::size_t, std::string_view>> split_snapshot_key(std::string_view name) {
    if (!starts_with_ignoring_case(name, kPrefix)) return std::nullopt;
    const auto dot = name.find('.', kPrefix.size());
    if (dot == std::string_view::npos) return std::nullopt;
    const auto index = plain_number(name.substr(kPrefix.size(), dot - kPrefix.size()));
    if (!index || *index > kMostIndex) return std::nullopt;
    return std::pair{static_cast<std::size_t>(*index), name.substr(dot + 1)};
}

std::optional<std::uint64_t> number_behind(std::string_view prefix, std::string_view name) {
    const auto digits = digits_in(name, prefix, "");
    return digits ? plain_number(*digits) : std::nullopt;
}

SnapshotListText::SnapshotListText(const format::Dictionary& dictionary, std::string where)
    : dictionary_{dictionary}, where_{std::move(where)} {
    const auto& fault = dictionary_.fault();
    if (!fault) return;
    throw Error{VIX_E_SNAPSHOT_CONFIG,
                where_ + ": line " + std::to_string(fault->line) + ": " + fault->what};
}

void SnapshotListText::refuse(std::string_view key, const std::string& what) const {
    throw Error{VIX_E_SNAPSHOT_CONFIG, where_ + ": line " +
                                           std::to_string(dictionary_.line_of(key)) + ": " +
                                           std::string{key} + ' ' + what};
}

std::map<std::size_t, SnapshotKeys> SnapshotListText::keys() const {
    std::map<std::size_t, SnapshotKeys> found;
    for (const std::string_view name : dictionary_.names()) {
        if (starts_with_ignoring_case(name, kPrefix)) add(name, found);
    }
    return found;
}

void SnapshotListText::add(std::string_view name,
                           std::map<std::size_t, SnapshotKeys>& found) const {
    const auto split = split_snapshot_key(name);
    if (!split) {
        const std::size_t dot = std::min(name.find('.'), name.size());
        if (!is_digits(name.substr(kPrefix.size(), dot - kPrefix.size()))) return;
        refuse(name, "belongs to a snapshot with an invalid number");
    }
    SnapshotKeys& keys = found[split->first];
    const auto disk = digits_in(split->second, "disk", ".fileName");
    const auto clone = digits_in(split->second, "clone", "");
    const auto awaited = digits_in(split->second, kAwaitedPrefix, kAwaitedClone);
    if (awaited) keys.awaited[parse_number(*awaited).value_or(0)] = name;
    if (!disk && !clone) return;
    const auto number = plain_number(disk ? *disk : *clone);
    if (!number) refuse(name, "has an invalid number");
    (disk ? keys.disks : keys.clones)[*number] = name;
}

int SnapshotListText::number(std::string_view key) const {
    constexpr int kLargest = std::numeric_limits<int>::max();
    const std::string text = dictionary_.find(key).value_or("");
    if (text.empty()) return 0;
    const auto number = parse_number(text);
    if (!number || *number > kLargest) {
        refuse(key, "is not a number from 0 to " + std::to_string(kLargest));
    }
    return static_cast<int>(*number);
}

NamedFile SnapshotListText::file(std::string_view key) const {
    const std::string bytes = dictionary_.find_bytes(key).value_or("");
    if (!dictionary_.is_text(bytes)) {
        refuse(key, "is not valid in " + dictionary_.encoding() + ", the encoding of the file");
    }
    return {dictionary_.decode(bytes), bytes};
}

std::vector<std::string> SnapshotListText::numbered(std::string_view name) const {
    std::map<std::uint64_t, std::string> found;
    for (const std::string_view key : dictionary_.names()) {
        const auto digits = digits_in(key, name, "");
        if (!digits) continue;
        const auto number = plain_number(*digits);
        if (!number) refuse(key, "has an invalid number");
        std::string value = file(key).name;
        if (!value.empty()) found[*number] = std::move(value);
    }
    std::vector<std::string> values;
    for (auto& [number, value] : found) values.push_back(std::move(value));
    return values;
}

}  // namespace vix::vm
