#include "vm/machine/machine_files.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "io/files/folder.h"

namespace fs = boost::filesystem;

namespace vix::vm {
namespace {

constexpr std::string_view kSnapshotInfix = "-Snapshot";
constexpr int kLargestNumber = 999999999;

// Endings after the stem. ".vmx~" and ".vmsd~" are backup copies that VMware's editors keep. A
// killed call of ours leaves ".vmsd.vix-new" (io/files/replacement.h).
constexpr std::string_view kEndings[] = {
    ".nvram",       ".vmxf",        ".vmsd", ".vmpl", ".vmtm",       ".vmss",
    ".vmem",        ".std",         ".vswp", ".hlog", ".scoreboard", ".OVMF_VARS.fd",
    ".vix-pending", ".vix-session", ".log",  ".vmx~", ".vmsd~",      ".vmsd.vix-new"};
// Endings after "<stem>-Snapshot3" or "<stem>-AutoProtect...".
constexpr std::string_view kSnapshotEndings[] = {".vmsn", ".vmem", ".plain.vmem", ".png",
                                                 ".OVMF_VARS.fd"};
// Endings after "<stem>-3f9a02c7".
constexpr std::string_view kMarkedEndings[] = {".vmss", ".vmem", ".vswp", ".hlog", ".scoreboard"};
// Names that are the same for all machines.
constexpr std::string_view kLogs[] = {"vmware", "mksSandbox", "vprintproxy"};

template <typename Endings>
bool is_one_of(std::string_view ending, const Endings& endings) {
    return std::any_of(std::begin(endings), std::end(endings),
                       [&](std::string_view known) { return equal_ignoring_case(ending, known); });
}

// Returns the rest of a name that begins with the stem.
std::optional<std::string_view> rest_of(std::string_view file, std::string_view stem) {
    if (stem.empty() || !starts_with_ignoring_case(file, stem)) return std::nullopt;
    return file.substr(stem.size());
}

std::size_t count_digits(std::string_view text, const char* digits) {
    return std::min(text.find_first_not_of(digits), text.size());
}

// Matches "-3f9a02c7.vmss".
bool is_marked(std::string_view rest) {
    if (rest.substr(0, 1) != "-") return false;
    rest.remove_prefix(1);
    const std::size_t digits = count_digits(rest, "0123456789abcdefABCDEF");
    return digits == 8 && is_one_of(rest.substr(digits), kMarkedEndings);
}

// Matches "vmx-web-2271560481-1.vswp", the swap file of ESX's own process for the machine.
bool is_process_swap(std::string_view file, std::string_view stem) {
    constexpr std::string_view kPrefix = "vmx-";
    if (!starts_with_ignoring_case(file, kPrefix)) return false;
    const auto rest = rest_of(file.substr(kPrefix.size()), stem);
    if (!rest || rest->substr(0, 1) != "-") return false;
    const std::size_t numbers = count_digits(*rest, "-0123456789");
    return numbers > 1 && equal_ignoring_case(rest->substr(numbers), ".vswp");
}

}  // namespace

std::optional<int> snapshot_number(std::string_view file, std::string_view stem) {
    const auto rest = rest_of(file, stem);
    if (!rest || !starts_with_ignoring_case(*rest, kSnapshotInfix)) return std::nullopt;
    const std::string_view number = rest->substr(kSnapshotInfix.size());
    const std::size_t digits = count_digits(number, "0123456789");
    const auto value = parse_number(number.substr(0, digits));
    if (!value || *value == 0 || *value > kLargestNumber) return std::nullopt;
    return static_cast<int>(*value);
}

bool is_snapshot_file(std::string_view file, std::string_view stem) {
    const auto rest = rest_of(file, stem);
    if (!rest) return false;
    const auto dot = rest->find('.');
    if (dot == std::string_view::npos || !is_one_of(rest->substr(dot), kSnapshotEndings)) {
        return false;
    }
    const std::string_view middle = rest->substr(0, dot);
    if (starts_with_ignoring_case(middle, "-AutoProtect")) return true;
    const auto digits = middle.substr(std::min(kSnapshotInfix.size(), middle.size()));
    return snapshot_number(file, stem) && count_digits(digits, "0123456789") == digits.size();
}

bool is_named_after(std::string_view file, std::string_view stem) {
    const auto rest = rest_of(file, stem);
    if (rest && (is_one_of(*rest, kEndings) || is_marked(*rest))) return true;
    return is_snapshot_file(file, stem) || is_process_swap(file, stem);
}

bool is_log(std::string_view file) {
    return std::any_of(std::begin(kLogs), std::end(kLogs), [&](std::string_view log) {
        const auto rest = rest_of(file, log);
        if (!rest || rest->size() < 4) return false;
        const bool is_text = equal_ignoring_case(rest->substr(rest->size() - 4), ".log");
        return is_text && (rest->size() == 4 || rest->front() == '-');
    });
}

int first_free_number(const fs::path& vmx, const std::vector<std::string>& names, int least) {
    const std::string stem = vmx.stem().string();
    int number = least;
    for (const std::string& name : names) {
        if (const auto taken = snapshot_number(name, stem)) number = std::max(number, *taken + 1);
    }
    return number;
}

std::vector<fs::path> unlisted_states(const fs::path& vmx, const std::vector<std::string>& names,
                                      const std::vector<std::string>& listed) {
    const std::string stem = vmx.stem().string();
    std::set<std::string> known;  // in lower case
    for (const std::string& file : listed) known.insert(to_lower(file));
    std::vector<fs::path> states;
    for (const std::string& name : names) {
        const bool state = is_snapshot_file(name, stem) &&
                           equal_ignoring_case(fs::path{name}.extension().string(), ".vmsn");
        if (state && !known.contains(to_lower(name))) states.push_back(vmx.parent_path() / name);
    }
    std::sort(states.begin(), states.end());
    return states;
}

std::vector<fs::path> suspended_states(const fs::path& vmx) {
    const std::string stem = vmx.stem().string();
    std::vector<fs::path> states;
    for (const std::string& name : io::names_in(vmx.parent_path())) {
        const bool state = equal_ignoring_case(fs::path{name}.extension().string(), ".vmss");
        if (state && is_named_after(name, stem)) states.push_back(vmx.parent_path() / name);
    }
    return states;
}

}  // namespace vix::vm
