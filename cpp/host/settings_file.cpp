#include "host/settings_file.h"

#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "base/text.h"
#include "io/file.h"

namespace fs = boost::filesystem;

namespace vix::host {
namespace {

constexpr std::uint64_t kSettingsLimit = std::uint64_t{1} << 20;

std::string environment_name(const std::string& setting) {
    std::string name = "VIX_" + setting;
    for (char& c : name) {
        if (c == '.') c = '_';
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return name;
}

format::Dictionary read_file(const io::Environment& environment) {
    const auto home = environment.find("HOME");
    if (!home) return {};
    const fs::path path = fs::path{*home} / ".vmware" / "vix.conf";
    // Asked for at every call, and hardly anybody has one: an exception would cost more than the
    // call.
    boost::system::error_code unreachable;
    if (!fs::exists(path, unreachable)) return {};
    try {
        return format::Dictionary::parse(io::read_text(path, kSettingsLimit));
    } catch (const Error& error) {
        // Also a home that is another user's, as under su or cron.
        const bool none =
            error.code() == VIX_E_FILE_NOT_FOUND || error.code() == VIX_E_FILE_ACCESS_ERROR;
        if (none) return {};
        throw;
    }
}

// VMware Workstation's own.
fs::path usual_inventory(const io::Environment& environment) {
    const auto home = environment.find("HOME");
    return home ? fs::path{*home} / ".vmware" / "inventory.vmls" : fs::path{};
}

fs::path path_from(const std::string& setting, const std::string& value) {
    if (fs::path{value}.is_absolute()) return value;
    throw Error{VIX_E_INVALID_ARG,
                "the setting " + setting + " = \"" + value + "\" is no absolute path"};
}

std::vector<fs::path> folders_from(const std::string& setting, const std::string& value) {
    std::vector<fs::path> folders;
    for (std::size_t begin = 0; begin < value.size();) {
        const std::size_t end = std::min(value.find(':', begin), value.size());
        if (end > begin) folders.push_back(path_from(setting, value.substr(begin, end - begin)));
        begin = end + 1;
    }
    return folders;
}

bool truth_from(const std::string& setting, const std::string& value) {
    if (equal_ignoring_case(value, "TRUE") || value == "1") return true;
    if (equal_ignoring_case(value, "FALSE") || value == "0") return false;
    throw Error{VIX_E_INVALID_ARG,
                "the setting " + setting + " = \"" + value + "\" is neither TRUE nor FALSE"};
}

vm::Links links_from(const std::string& setting, const std::string& value) {
    if (equal_ignoring_case(value, "absolute")) return vm::Links::Absolute;
    if (equal_ignoring_case(value, "relative")) return vm::Links::Relative;
    throw Error{VIX_E_INVALID_ARG,
                "the setting " + setting + " = \"" + value + "\" is neither absolute nor relative"};
}

// "user", "none", "network:NAME", "bridge:NAME"
std::string network_from(const std::string& setting, const std::string& value) {
    const std::size_t colon = value.find(':');
    const std::string kind = value.substr(0, colon);
    const bool named = colon != std::string::npos && colon + 1 < value.size();
    const bool plain = value == "user" || value == "none";
    if (plain || (named && (kind == "network" || kind == "bridge"))) return value;
    throw Error{VIX_E_INVALID_ARG, "the setting " + setting + " = \"" + value +
                                       "\" is none of user, none, network:NAME and bridge:NAME"};
}

power::Acceleration acceleration_from(const std::string& setting, const std::string& value) {
    if (equal_ignoring_case(value, "auto")) return power::Acceleration::WhereItWorks;
    return truth_from(setting, value) ? power::Acceleration::Always : power::Acceleration::Never;
}

std::chrono::seconds seconds_from(const std::string& setting, const std::string& value) {
    const auto number = parse_number(value);
    if (number && *number > 0 && *number <= 86400) return std::chrono::seconds{*number};
    throw Error{VIX_E_INVALID_ARG, "the setting " + setting + " = \"" + value +
                                       "\" is no number of seconds from 1 to 86400"};
}

}  // namespace

SettingsFile::SettingsFile()
    : environment_{io::Environment::of_process()}, file_{read_file(environment_)} {}

std::optional<std::string> SettingsFile::find(const std::string& setting) const {
    const auto value = environment_.find(environment_name(setting));
    return value ? value : file_.find(setting);
}

power::Settings load_power_settings(const SettingsFile& file) {
    power::Settings settings;
    settings.environment = file.environment();
    if (const auto uri = file.find("power.uri")) settings.uri = *uri;
    if (const auto kvm = file.find("power.kvm")) {
        settings.acceleration = acceleration_from("power.kvm", *kvm);
    }
    if (const auto nat = file.find("power.networkNat")) {
        settings.network_nat = network_from("power.networkNat", *nat);
    }
    if (const auto bridged = file.find("power.networkBridged")) {
        settings.network_bridged = network_from("power.networkBridged", *bridged);
    }
    if (const auto private_one = file.find("power.networkHostonly")) {
        settings.network_hostonly = network_from("power.networkHostonly", *private_one);
    }
    if (const auto code = file.find("power.firmwareCode")) {
        settings.firmware_code = path_from("power.firmwareCode", *code);
    }
    if (const auto vars = file.find("power.firmwareVars")) {
        settings.firmware_vars = path_from("power.firmwareVars", *vars);
    }
    if (const auto folder = file.find("power.folder")) {
        settings.folder = path_from("power.folder", *folder);
    }
    if (const auto viewer = file.find("power.viewer")) settings.viewer = *viewer;
    if (const auto patience = file.find("power.guestTimeout")) {
        settings.guest_patience = seconds_from("power.guestTimeout", *patience);
    }
    return settings;
}

vm::Settings load_settings(const SettingsFile& file) {
    vm::Settings settings;
    for (char letter = 'A'; letter <= 'Z'; ++letter) {
        const std::string setting = std::string{"drive."} + letter;
        const auto folder = file.find(setting);
        if (folder) settings.path_map.map_drive(letter, path_from(setting, *folder));
    }
    if (const auto folders = file.find("disk.folders")) {
        settings.extent_folders = folders_from("disk.folders", *folders);
    }
    if (const auto sync = file.find("clone.sync")) {
        settings.durability =
            truth_from("clone.sync", *sync) ? vm::Durability::Synced : vm::Durability::Unsynced;
    }
    if (const auto links = file.find("clone.links")) {
        settings.links = links_from("clone.links", *links);
    }
    if (const auto reuse = file.find("clone.reuseSnapshot")) {
        settings.reuse_snapshot = truth_from("clone.reuseSnapshot", *reuse);
    }
    if (const auto protect = file.find("delete.protectParents")) {
        settings.protect_parents = truth_from("delete.protectParents", *protect);
    }
    const auto inventory = file.find("inventory.file");
    settings.inventory_file =
        inventory ? path_from("inventory.file", *inventory) : usual_inventory(file.environment());
    return settings;
}

}  // namespace vix::host
