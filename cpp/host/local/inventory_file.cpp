#include "host/local/inventory_file.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "format/numbered_keys.h"

namespace vix::host {
namespace {

using format::KeyGroup;
using format::numbered_key;

constexpr std::string_view kList = "vmlist";
constexpr std::string_view kIndex = "index";
constexpr std::string_view kIndexCount = "index.count";
constexpr std::string_view kNoFolder = "0";

std::string value_of(const KeyGroup& group, const std::string& key) {
    const auto found = group.find(key);
    return found == group.end() ? std::string{} : found->second.value;
}

// In a folder's entry `config` is the folder's own name or empty.
bool is_machine(const std::string& config) {
    constexpr std::string_view kExtension = ".vmx";
    return config.size() > kExtension.size() &&
           equal_ignoring_case(config.substr(config.size() - kExtension.size()), kExtension);
}

// When VMware removes an entry it keeps the line `config = ""` and reuses the number.
bool is_free(const KeyGroup& group) {
    return value_of(group, "config").empty() && value_of(group, "displayname").empty();
}

std::size_t free_number(const std::map<std::size_t, KeyGroup>& list) {
    std::size_t number = 1;
    for (auto group = list.find(number); group != list.end() && !is_free(group->second);
         group = list.find(++number)) {
    }
    return number;
}

// The position after the last machine that is in no folder.
std::uint64_t next_position(const std::map<std::size_t, KeyGroup>& list) {
    std::uint64_t next = 0;
    for (const auto& [number, group] : list) {
        if (is_free(group) || value_of(group, "parentid") != kNoFolder) continue;
        const auto position = parse_number(value_of(group, "seqid"));
        if (position) next = std::max(next, *position + 1);
    }
    return next;
}

}  // namespace

InventoryFile InventoryFile::parse(std::string_view bytes, const std::string& where) {
    if (trim(bytes).empty()) bytes = ".encoding = \"UTF-8\"\n";
    format::Dictionary dictionary = format::Dictionary::parse(bytes, where);
    if (const auto& fault = dictionary.fault()) {
        throw Error{VIX_E_FILE_ERROR, where + ": line " + std::to_string(fault->line) + ": " +
                                          fault->what + "; correct the line and try again"};
    }
    return InventoryFile{std::move(dictionary)};
}

std::vector<std::string> InventoryFile::machines() const {
    std::vector<std::string> found;
    std::set<std::string> known;
    const auto take = [&](std::string_view prefix, const std::string& key) {
        for (const auto& [number, group] : format::key_groups(dictionary_, prefix)) {
            const std::string path = value_of(group, key);
            if (is_machine(path) && known.insert(path).second) found.push_back(path);
        }
    };
    take(kList, "config");
    take(kIndex, "id");  // newer products write only these
    return found;
}

void InventoryFile::add(const InventoryEntry& entry) {
    add_to_list(entry);
    add_to_index(entry);
}

void InventoryFile::add_to_list(const InventoryEntry& entry) {
    const auto list = format::key_groups(dictionary_, kList);
    const std::size_t number = free_number(list);
    const auto set = [&](std::string_view key, std::string_view value) {
        dictionary_.set(numbered_key(kList, number, key), value);
    };
    set("config", entry.vmx);
    set("DisplayName", entry.display_name);
    set("ParentID", kNoFolder);
    set("ItemID", std::to_string(number));
    set("SeqID", std::to_string(next_position(list)));
    set("IsFavorite", "FALSE");
    set("IsClone", entry.linked_clone ? "TRUE" : "FALSE");
    if (!entry.config_version.empty()) set("CfgVersion", entry.config_version);
    set("State", "normal");
    if (!entry.uuid.empty()) set("UUID", entry.uuid);
    set("IsCfgPathNormalized", "TRUE");
}

void InventoryFile::add_to_index(const InventoryEntry& entry) {
    const auto index = format::key_groups(dictionary_, kIndex);
    const std::size_t number = index.empty() ? 0 : index.rbegin()->first + 1;
    dictionary_.set(numbered_key(kIndex, number, "hostID"), "localhost");
    dictionary_.set(numbered_key(kIndex, number, "id"), entry.vmx);
    dictionary_.set(numbered_key(kIndex, number, "field.count"), "0");
    dictionary_.set(kIndexCount, std::to_string(number + 1));
}

void InventoryFile::remove(const std::string& vmx) {
    for (const auto& [number, group] : format::key_groups(dictionary_, kList)) {
        if (value_of(group, "config") != vmx) continue;
        for (const auto& [key, entry] : group) {
            if (key != "config") dictionary_.remove(numbered_key(kList, number, entry.name));
        }
        dictionary_.set(numbered_key(kList, number, "config"), "");
    }
    const auto index = format::key_groups(dictionary_, kIndex);
    std::size_t count = index.size();
    for (auto group = index.rbegin(); group != index.rend(); ++group) {
        if (value_of(group->second, "id") != vmx) continue;
        format::remove_key_group(dictionary_, kIndex, group->first);
        dictionary_.set(kIndexCount, std::to_string(--count));
    }
}

}  // namespace vix::host
