#include "host/setting_names.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"

namespace vix::host {
namespace {

constexpr std::string_view kDrive = "drive.";

constexpr std::string_view kNames[] = {
    "disk.folders",
    "clone.sync",
    "clone.links",
    "clone.reuseSnapshot",
    "snapshot.plainMemory",
    "delete.protectParents",
    "snapshot.removeLater",
    "inventory.file",
    "datastore.standard",
    "power.uri",
    "power.kvm",
    "power.networkNat",
    "power.networkBridged",
    "power.networkHostonly",
    "power.firmwareCode",
    "power.firmwareVars",
    "power.secureBootCode",
    "power.secureBootVars",
    "power.tpm",
    "power.folder",
    "power.viewer",
    "power.guestTimeout",
};

// Two, but one for drive.A to drive.Z, each of which differs from all others in just one letter.
constexpr std::size_t kNear = 2;
constexpr std::size_t kNearDrive = 1;

// The number of letters to insert, delete or replace (Levenshtein distance).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t k = 0; k < b.size(); ++k) {
            const std::size_t replaced = diagonal + (a[i] == b[k] ? 0 : 1);
            diagonal = row[k + 1];
            row[k + 1] = std::min({replaced, row[k] + 1, row[k + 1] + 1});
        }
    }
    return row.back();
}

// Ignores case, dots and underscores, the most common mistakes.
std::string plain(std::string_view name) {
    std::string text = to_lower(name);
    std::erase_if(text, [](char c) { return c == '.' || c == '_'; });
    return text;
}

bool is_drive(std::string_view name) {
    if (name.size() != kDrive.size() + 1 || !starts_with_ignoring_case(name, kDrive)) return false;
    const char letter = to_lower(name).back();
    return letter >= 'a' && letter <= 'z';
}

bool is_vmnet(std::string_view name) {
    if (!starts_with_ignoring_case(name, kVmnetSetting)) return false;
    const auto digits = name.substr(kVmnetSetting.size());
    const auto number = parse_number(digits);
    return number && *number <= kLastVmnet && std::to_string(*number) == digits;
}

}  // namespace

bool is_setting(std::string_view name) {
    return is_drive(name) || is_vmnet(name) ||
           std::any_of(std::begin(kNames), std::end(kNames),
                       [&](auto known) { return equal_ignoring_case(name, known); });
}

std::optional<std::string> near_setting(std::string_view name) {
    const std::string wanted = plain(name);
    std::optional<std::string> nearest;
    std::size_t best = kNear + 1;
    for (const std::string_view known : kNames) {
        const std::size_t far = distance(wanted, plain(known));
        if (far >= best) continue;
        best = far;
        nearest = known;
    }
    // The first letter after "drive" is probably the intended drive.
    const std::string drive = plain(kDrive);
    const char letter = wanted.size() > drive.size() ? wanted[drive.size()] : 'c';
    std::string meant{kDrive};
    meant += static_cast<char>(letter >= 'a' && letter <= 'z' ? letter - 'a' + 'A' : 'C');
    if (distance(wanted, plain(meant)) <= kNearDrive) return meant;
    return nearest;
}

std::string variable_for(std::string_view setting) {
    std::string name{kVariable};
    for (const char c : setting) {
        if (c == '.') {
            name += '_';
        } else {
            name += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
        }
    }
    return name;
}

std::optional<std::string> missed_setting(std::string_view variable) {
    if (!starts_with_ignoring_case(variable, kVariable)) return std::nullopt;
    // Every call asks for each variable, and those of settings are the usual ones.
    const bool exact = std::any_of(std::begin(kNames), std::end(kNames), [&](auto known) {
        return known.size() + kVariable.size() == variable.size() &&
               variable_for(known) == variable;
    });
    if (exact) return std::nullopt;
    auto setting = near_setting(variable.substr(kVariable.size()));
    if (setting && variable_for(*setting) == variable) return std::nullopt;
    return setting;
}

}  // namespace vix::host
