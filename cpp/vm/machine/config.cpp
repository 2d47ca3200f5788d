#include "vm/machine/config.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <set>

#include "base/error.h"
#include "base/text.h"

namespace fs = boost::filesystem;

namespace vix::vm {
namespace {

constexpr std::string_view kBuses[] = {"scsi", "sata", "nvme", "ide"};
// Real files have some hundred lines. The limit bounds the cost of a hostile file.
constexpr std::ptrdiff_t kConfigLines = 20000;
// Prefixes of the device types that are not hard disks. Every other type counts as a hard disk, so
// that a disk of an unknown type is cloned or refused, but never left out.
constexpr std::string_view kOtherTypes[] = {"cdrom", "atapi-cdrom", "scsi-pass"};
// Other keys whose files a clone, a snapshot or a deletion must find.
constexpr std::string_view kFileKeys[] = {"nvram", "extendedConfigFile", "checkpoint.vmState",
                                          "workingDir", "fileSearchPath"};

struct ConfigFile {
    std::string bytes;
    unsigned permissions;
};

ConfigFile read_config(const fs::path& vmx) {
    try {
        const io::File file = io::File::open(vmx, io::Links::Follow);
        return {io::read_text(file, Config::kMostBytes), file.permissions()};
    } catch (const Error& error) {
        if (is_exhaustion(error.code())) throw;
        switch (error.code()) {
            case VIX_E_FILE_NOT_FOUND:
                throw Error{VIX_E_VM_NOT_FOUND, error.detail()};
            case VIX_E_FILE_ACCESS_ERROR:
                throw;
            default:
                throw Error{VIX_E_CANNOT_READ_VM_CONFIG, error.detail()};
        }
    }
}

void check_size(const fs::path& vmx, const std::string& bytes) {
    const auto lines = std::max(std::count(bytes.begin(), bytes.end(), '\n'),
                                std::count(bytes.begin(), bytes.end(), '\r'));
    if (lines > kConfigLines) {
        throw Error{VIX_E_CANNOT_READ_VM_CONFIG,
                    vmx.string() + " has more than " + std::to_string(kConfigLines) +
                        " lines, so it is not the configuration of a virtual machine"};
    }
}

// Returns "scsi0" for "scsi0:3".
std::string controller_of(const std::string& node) {
    return node.substr(0, node.find(':'));
}

bool is_disk_type(const std::string& type) {
    return std::none_of(
        std::begin(kOtherTypes), std::end(kOtherTypes),
        [&](std::string_view other) { return starts_with_ignoring_case(type, other); });
}

bool is_named_as_disk(const std::string& file) {
    constexpr std::string_view kExtension = ".vmdk";
    return file.size() > kExtension.size() &&
           equal_ignoring_case(file.substr(file.size() - kExtension.size()), kExtension);
}

[[noreturn]] void refuse(const fs::path& where, std::size_t line, const std::string& what) {
    throw Error{VIX_E_CANNOT_READ_VM_CONFIG, where.string() + ": line " + std::to_string(line) +
                                                 ": " + what + "; correct the line and try again"};
}

// VMware treats any other word as the default, FALSE, and ignores the device. Here it is an error,
// so that a spelling mistake does not leave out a disk.
void check_switches(const Config& config, const fs::path& where) {
    for (const DiskDevice& device : config.all_disks()) {
        for (const std::string& name : {device.node, controller_of(device.node)}) {
            const std::string key = name + ".present";
            const std::string value = config.find(key).value_or("FALSE");
            if (equal_ignoring_case(value, "TRUE") || equal_ignoring_case(value, "FALSE")) continue;
            refuse(where, config.dictionary().line_of(key),
                   key + " is neither \"TRUE\" nor \"FALSE\", so it is unclear whether the disk " +
                       device.file.name + " belongs to the virtual machine");
        }
    }
}

// A name in an encoding other than the declared one could refer to any file.
void check_names(const Config& config, const fs::path& where) {
    const format::Dictionary& text = config.dictionary();
    std::vector<std::string> keys{std::begin(kFileKeys), std::end(kFileKeys)};
    for (const DiskDevice& device : config.all_disks()) keys.push_back(device.node + ".fileName");
    for (const std::string& key : keys) {
        if (text.is_text(text.find_bytes(key).value_or(""))) continue;
        refuse(where, text.line_of(key),
               key + " is not valid in " + text.encoding() + ", the encoding of the file");
    }
}

bool is_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<std::string> disk_node_of(const std::string& key) {
    constexpr std::string_view kSuffix = ".filename";
    if (key.size() <= kSuffix.size()) return std::nullopt;
    const std::string node = key.substr(0, key.size() - kSuffix.size());
    if (!equal_ignoring_case(key.substr(node.size()), kSuffix)) return std::nullopt;
    for (const std::string_view bus : kBuses) {
        if (!starts_with_ignoring_case(node, bus)) continue;
        const std::string_view numbers = std::string_view{node}.substr(bus.size());
        const auto colon = numbers.find(':');
        if (colon == std::string_view::npos) continue;
        if (is_digits(numbers.substr(0, colon)) && is_digits(numbers.substr(colon + 1)))
            return node;
    }
    return std::nullopt;
}

Config Config::read(const fs::path& vmx) {
    const auto [bytes, permissions] = read_config(vmx);
    Config config = parse(vmx, bytes, vmx);
    config.permissions_ = permissions;
    return config;
}

void Config::reread() {
    const auto [bytes, permissions] = read_config(path_);
    if (!dictionary_.was_parsed_from(bytes)) *this = parse(path_, bytes, path_);
    permissions_ = permissions;
}

Config Config::parse(const fs::path& vmx, const std::string& bytes, const fs::path& where) {
    check_size(where, bytes);
    Config config{vmx, format::Dictionary::parse(bytes, where.string())};
    config.check(bytes, where);
    return config;
}

Config Config::parse_leniently(const fs::path& vmx, const std::string& bytes) {
    Config config{vmx, format::Dictionary::parse(bytes)};
    try {
        check_size(vmx, bytes);
        config.check(bytes, vmx);
    } catch (const Error& error) {
        config.fault_ = error.detail();
    }
    return config;
}

void Config::check(const std::string& bytes, const fs::path& where) const {
    const bool binary = bytes.find('\0') != std::string::npos;
    const auto& fault = dictionary_.fault();
    if (fault && !binary) refuse(where, fault->line, fault->what);
    if (binary || dictionary_.names().empty()) {
        throw Error{VIX_E_CANNOT_READ_VM_CONFIG,
                    where.string() + " is not the configuration of a virtual machine"};
    }
    check_switches(*this, where);
    check_names(*this, where);
}

std::optional<std::string> Config::find(const std::string& name) const {
    return dictionary_.find(name);
}

bool Config::is_true(const std::string& name) const {
    return equal_ignoring_case(find(name).value_or(""), "TRUE");
}

long Config::number(const std::string& name, long fallback) const {
    const auto value = parse_number(trim(find(name).value_or("")));
    return value && *value <= 0x7FFFFFFF ? static_cast<long>(*value) : fallback;
}

std::string Config::display_name() const {
    return find("displayName").value_or(path_.stem().string());
}

// Only what says so completely counts as partial: everything else may hide disks.
Encryption Config::encryption() const {
    const auto type = find("vmx.encryptionType");
    const bool safe = find("encryption.keySafe").has_value();
    const bool data = find("encryption.data").has_value();
    if (!type && !safe && !data) return Encryption::None;
    const bool partial = safe && data && equal_ignoring_case(type.value_or(""), "partial");
    return partial ? Encryption::Partial : Encryption::Full;
}

// Also true after reverting to a snapshot with memory: such a machine resumes in the same way.
bool Config::is_suspended() const {
    return !find("checkpoint.vmState").value_or("").empty();
}

// VMware also ignores the disks of a controller without a .present line. Nobody configures that on
// purpose, so such disks stay with the machine here and none is lost.
bool Config::is_attached(const std::string& node) const {
    if (!is_true(node + ".present")) return false;
    return !equal_ignoring_case(find(controller_of(node) + ".present").value_or(""), "FALSE");
}

std::vector<DiskDevice> Config::disks() const {
    std::vector<DiskDevice> found;
    std::set<std::string> known;
    for (DiskDevice& device : all_disks()) {
        const bool disk = is_disk_type(find(device.node + ".deviceType").value_or(""));
        if (!disk || !is_attached(device.node)) continue;
        // A leniently parsed text can have several lines for a node; the last one counts.
        const std::string key = device.node + ".fileName";
        if (!known.insert(to_lower(device.node)).second) continue;
        device.file = {find(key).value_or(""), dictionary_.find_bytes(key).value_or("")};
        if (!device.file.name.empty()) found.push_back(std::move(device));
    }
    return found;
}

// Ignores the media of removable drives, unless their name has a disk's extension.
std::vector<DiskDevice> Config::all_disks() const {
    std::vector<DiskDevice> found;
    for (auto& [key, bytes] : dictionary_.entries_in_bytes()) {
        const auto node = disk_node_of(key);
        if (!node || bytes.empty()) continue;
        std::string name = dictionary_.decode(bytes);
        const bool disk = is_disk_type(find(*node + ".deviceType").value_or(""));
        if (!disk && !is_named_as_disk(name)) continue;
        const std::string mode{trim(find(*node + ".mode").value_or(""))};
        found.push_back({*node,
                         {std::move(name), std::move(bytes)},
                         starts_with_ignoring_case(mode, "independent")});
    }
    return found;
}

}  // namespace vix::vm
