#include "format/numbered_keys.h"

#include <optional>
#include <utility>

#include "base/text.h"

namespace vix::format {
namespace {

constexpr std::size_t kDigits = 6;  // far more groups than any file has

// The number and the rest of a key like "index12.id".
std::optional<std::pair<std::size_t, std::string>> split(std::string_view key,
                                                         std::string_view prefix) {
    if (!starts_with_ignoring_case(key, prefix)) return std::nullopt;
    key.remove_prefix(prefix.size());
    const auto dot = key.find('.');
    if (dot > kDigits) return std::nullopt;
    const auto number = parse_number(key.substr(0, dot));
    if (!number) return std::nullopt;
    return std::pair{static_cast<std::size_t>(*number), std::string{key.substr(dot + 1)}};
}

void replace_group(Dictionary& dictionary, std::string_view prefix, std::size_t number,
                   const KeyGroup& before, const KeyGroup& after) {
    for (const auto& [key, entry] : before) {
        if (!after.contains(key)) dictionary.remove(numbered_key(prefix, number, entry.name));
    }
    for (const auto& [key, entry] : after) {
        dictionary.set_bytes(numbered_key(prefix, number, entry.name), entry.value);
    }
}

std::map<std::size_t, KeyGroup> groups_of(const std::vector<Dictionary::Entry>& entries,
                                          std::string_view prefix) {
    std::map<std::size_t, KeyGroup> groups;
    for (const Dictionary::Entry& entry : entries) {
        const auto key = split(entry.name, prefix);
        if (!key) continue;
        // If a name occurs twice, the last value counts.
        groups[key->first][to_lower(key->second)] = {key->second, entry.value};
    }
    return groups;
}

}  // namespace

std::map<std::size_t, KeyGroup> key_groups(const Dictionary& dictionary, std::string_view prefix) {
    return groups_of(dictionary.entries(), prefix);
}

std::string numbered_key(std::string_view prefix, std::size_t number, std::string_view rest) {
    return std::string{prefix} + std::to_string(number) + '.' + std::string{rest};
}

void remove_key_group(Dictionary& dictionary, std::string_view prefix, std::size_t number) {
    // In bytes: a value that cannot be decoded moves unchanged.
    const auto groups = groups_of(dictionary.entries_in_bytes(), prefix);
    const KeyGroup none;
    for (auto group = groups.find(number); group != groups.end(); ++group) {
        const auto next = std::next(group);
        const bool follows = next != groups.end() && next->first == group->first + 1;
        replace_group(dictionary, prefix, group->first, group->second,
                      follows ? next->second : none);
        if (!follows) break;
    }
}

}  // namespace vix::format
