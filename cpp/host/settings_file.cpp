#include "host/settings_file.h"

#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "base/text.h"
#include "base/words.h"
#include "format/dictionary.h"
#include "host/setting_names.h"
#include "io/files/file.h"
#include "power/libvirt/host.h"

namespace fs = boost::filesystem;

namespace vix::host {
namespace {

constexpr std::uint64_t kSettingsLimit = std::uint64_t{1} << 20;
constexpr std::string_view kEncoding = ".encoding";  // the encoding of the file itself

fs::path path_of_file(const io::Environment& environment) {
    const auto home = environment.find("HOME");
    return home ? fs::path{*home} / ".vmware" / "vix.conf" : fs::path{};
}

std::string at_line(const std::string& path, std::size_t line) {
    return path + ": line " + std::to_string(line) + ": ";
}

std::string hint_for(const std::optional<std::string>& near) {
    return near ? "; did you mean " + *near + "?"
                : "; VMware::Vix::Settings lists all (perldoc VMware::Vix::Settings)";
}

void check_file(const std::string& path, const format::Dictionary& file) {
    if (file.fault()) {
        throw Error{VIX_E_INVALID_ARG, at_line(path, file.fault()->line) + file.fault()->what};
    }
    for (const auto name : file.names()) {
        if (is_setting(name) || name == kEncoding) continue;
        throw Error{VIX_E_INVALID_ARG, at_line(path, file.line_of(name)) + "there is no setting " +
                                           std::string{name} + hint_for(near_setting(name))};
    }
}

void check_variable(const std::string& name) {
    const auto missed = missed_setting(name);
    if (!missed) return;
    throw Error{VIX_E_INVALID_ARG, "the environment variable " + name + " is not a setting" +
                                       hint_for(variable_for(*missed))};
}

// VMware Workstation's own library.
fs::path usual_inventory(const io::Environment& environment) {
    const auto home = environment.find("HOME");
    return home ? fs::path{*home} / ".vmware" / "inventory.vmls" : fs::path{};
}

// `fault` completes the sentence after the value: "is not an absolute path".
[[noreturn]] void refuse(const Setting& setting, const std::string& fault) {
    throw Error{VIX_E_INVALID_ARG, setting.where + "the setting " + setting.name + " = \"" +
                                       setting.value + "\" " + fault};
}

fs::path path_from(const Setting& setting, const std::string& part) {
    if (fs::path{part}.is_absolute()) return part;
    refuse(setting, "is not an absolute path");
}

fs::path path_from(const Setting& setting) {
    return path_from(setting, setting.value);
}

std::vector<fs::path> folders_from(const Setting& setting) {
    const std::string& value = setting.value;
    std::vector<fs::path> folders;
    for (std::size_t begin = 0; begin < value.size();) {
        const std::size_t end = std::min(value.find(':', begin), value.size());
        if (end > begin) folders.push_back(path_from(setting, value.substr(begin, end - begin)));
        begin = end + 1;
    }
    return folders;
}

std::optional<bool> truth_in(std::string_view value) {
    if (equal_ignoring_case(value, "TRUE") || value == "1") return true;
    if (equal_ignoring_case(value, "FALSE") || value == "0") return false;
    return std::nullopt;
}

bool truth_from(const Setting& setting) {
    if (const auto truth = truth_in(setting.value)) return *truth;
    refuse(setting, "is neither TRUE nor FALSE");
}

vm::ClonePaths clone_paths_from(const Setting& setting) {
    if (equal_ignoring_case(setting.value, "absolute")) return vm::ClonePaths::Absolute;
    if (equal_ignoring_case(setting.value, "relative")) return vm::ClonePaths::Relative;
    refuse(setting, "is neither absolute nor relative");
}

// "user", "none", "network:NAME", "bridge:NAME"
std::string network_from(const Setting& setting) {
    const std::string& value = setting.value;
    const std::size_t colon = value.find(':');
    const std::string kind = value.substr(0, colon);
    const bool named = colon != std::string::npos && colon + 1 < value.size();
    const bool plain = value == "user" || value == "none";
    if (plain || (named && (kind == "network" || kind == "bridge"))) return value;
    refuse(setting, "is not one of user, none, network:NAME and bridge:NAME");
}

power::Acceleration acceleration_from(const Setting& setting) {
    if (equal_ignoring_case(setting.value, "auto")) return power::Acceleration::WhereItWorks;
    const auto truth = truth_in(setting.value);
    if (!truth) refuse(setting, "is not one of auto, TRUE and FALSE");
    return *truth ? power::Acceleration::Always : power::Acceleration::Never;
}

std::chrono::seconds seconds_from(const Setting& setting) {
    const auto number = parse_number(setting.value);
    if (number && *number > 0 && *number <= 86400) return std::chrono::seconds{*number};
    refuse(setting, "is not a number of seconds from 1 to 86400");
}

std::string uri_from(const Setting& setting) {
    if (power::is_libvirt_uri(setting.value)) return setting.value;
    refuse(setting,
           "is not a libvirt URI for QEMU, like qemu:///system or qemu+ssh://root@host/system");
}

std::string command_from(const Setting& setting) {
    try {
        if (!split_words(setting.value).empty()) return setting.value;
    } catch (const Error& error) {
        refuse(setting, "is not a command line: " + error.detail());
    }
    refuse(setting, "is not a command line: it has no words");
}

power::Tpm tpm_from(const Setting& setting) {
    if (equal_ignoring_case(setting.value, "none")) return power::Tpm::None;
    if (equal_ignoring_case(setting.value, "own")) return power::Tpm::Own;
    refuse(setting, "is neither none nor own");
}

// One without the other would have no effect. Only the firmware's maker knows which variables file
// matches which code, so no default can fill in. Their names end with "Code" and "Vars".
void read_firmware(const std::optional<Setting>& code, const std::optional<Setting>& vars,
                   fs::path& code_path, fs::path& vars_path) {
    const auto refuse_without = [](const Setting& setting, const char* end) {
        const std::string other = setting.name.substr(0, setting.name.size() - 4) + end;
        refuse(setting, "has no effect without " + other + ", which is not set");
    };
    if (code && !vars) refuse_without(*code, "Vars");
    if (vars && !code) refuse_without(*vars, "Code");
    if (!code) return;
    code_path = path_from(*code);
    vars_path = path_from(*vars);
}

}  // namespace

SettingsFile::SettingsFile() : environment_{io::Environment::of_process()} {
    read_file();
    read_environment();
}

// Checks for the file first: every call does this, hardly anybody has the file, and an exception
// would cost more than the call. A home that cannot be read belongs to another user, as under su or
// cron.
void SettingsFile::read_file() {
    const fs::path file = path_of_file(environment_);
    boost::system::error_code unreachable;
    if (file.empty() || !fs::exists(file, unreachable)) return;
    const std::string& path = file.string();
    const auto text = format::Dictionary::parse(io::read_text(file, kSettingsLimit));
    check_file(path, text);
    for (const auto& [name, value] : text.entries()) {
        settings_[variable_for(name)] = {name, value, at_line(path, text.line_of(name))};
    }
}

// An empty environment variable counts as not set; an empty value in the file is a value.
void SettingsFile::read_environment() {
    for (const std::string_view variable : environment_.variables()) {
        const std::string name{variable.substr(0, variable.find('='))};
        if (!starts_with_ignoring_case(name, kVariable)) continue;
        check_variable(name);
        if (auto value = environment_.find(name)) {
            settings_[name] = {name, *std::move(value), "environment variable " + name + ": "};
        }
    }
}

std::optional<Setting> SettingsFile::find(std::string_view name) const {
    if (settings_.empty()) return std::nullopt;
    const auto found = settings_.find(variable_for(name));
    if (found == settings_.end()) return std::nullopt;
    return Setting{std::string{name}, found->second.value, found->second.where};
}

std::map<std::uint64_t, Setting> SettingsFile::find_numbered(std::string_view prefix) const {
    std::map<std::uint64_t, Setting> numbered;
    const std::string first = variable_for(prefix);
    for (auto at = settings_.lower_bound(first); at != settings_.end(); ++at) {
        if (!at->first.starts_with(first)) break;
        const auto number = parse_number(at->first.substr(first.size()));
        if (!number) continue;
        const std::string name = std::string{prefix} + std::to_string(*number);
        if (auto setting = find(name)) numbered[*number] = *std::move(setting);
    }
    return numbered;
}

power::Settings load_power_settings(const SettingsFile& file) {
    power::Settings settings;
    settings.environment = file.environment();
    if (const auto uri = file.find("power.uri")) settings.uri = uri_from(*uri);
    if (const auto kvm = file.find("power.kvm")) settings.acceleration = acceleration_from(*kvm);
    if (const auto nat = file.find("power.networkNat")) settings.network_nat = network_from(*nat);
    if (const auto bridged = file.find("power.networkBridged")) {
        settings.network_bridged = network_from(*bridged);
    }
    if (const auto private_one = file.find("power.networkHostonly")) {
        settings.network_hostonly = network_from(*private_one);
    }
    for (const auto& [number, network] : file.find_numbered(kVmnetSetting)) {
        if (number <= kLastVmnet) settings.vmnets[static_cast<int>(number)] = network_from(network);
    }
    read_firmware(file.find("power.firmwareCode"), file.find("power.firmwareVars"),
                  settings.firmware_code, settings.firmware_vars);
    read_firmware(file.find("power.secureBootCode"), file.find("power.secureBootVars"),
                  settings.secure_firmware_code, settings.secure_firmware_vars);
    if (const auto tpm = file.find("power.tpm")) settings.tpm = tpm_from(*tpm);
    if (const auto folder = file.find("power.folder")) settings.folder = path_from(*folder);
    if (const auto viewer = file.find("power.viewer")) settings.viewer = command_from(*viewer);
    if (const auto patience = file.find("power.guestTimeout")) {
        settings.guest_patience = seconds_from(*patience);
    }
    return settings;
}

vm::Settings load_settings(const SettingsFile& file) {
    vm::Settings settings;
    for (char letter = 'A'; letter <= 'Z'; ++letter) {
        const auto folder = file.find(std::string{"drive."} + letter);
        if (folder) settings.path_map.map_drive(letter, path_from(*folder));
    }
    if (const auto folders = file.find("disk.folders")) {
        settings.extent_folders = folders_from(*folders);
    }
    if (const auto sync = file.find("clone.sync")) {
        settings.durability = truth_from(*sync) ? vm::Durability::Synced : vm::Durability::Unsynced;
    }
    if (const auto paths = file.find("clone.links"))
        settings.clone_paths = clone_paths_from(*paths);
    if (const auto reuse = file.find("clone.reuseSnapshot")) {
        settings.reuse_snapshot = truth_from(*reuse);
    }
    if (const auto plain = file.find("snapshot.plainMemory")) {
        settings.plain_memory = truth_from(*plain);
    }
    if (const auto protect = file.find("delete.protectParents")) {
        settings.protect_parents = truth_from(*protect);
    }
    if (const auto later = file.find("snapshot.removeLater")) {
        settings.remove_later = truth_from(*later);
    }
    if (const auto folder = file.find("datastore.standard")) {
        settings.path_map.map_standard_datastore(path_from(*folder));
    }
    const auto inventory = file.find("inventory.file");
    settings.inventory_file =
        inventory ? path_from(*inventory) : usual_inventory(file.environment());
    return settings;
}

}  // namespace vix::host
