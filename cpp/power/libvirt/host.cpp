#include "power/libvirt/host.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "base/text.h"

namespace vix::power {
namespace {

constexpr const char* kKvm = "/dev/kvm";

// OVMF's program and empty variables, where distributions install them.
constexpr const char* kFirmware[][2] = {
    {"/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"},
    {"/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"},
    {"/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"},
    {"/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"},
    {"/usr/share/qemu/ovmf-x86_64-code.bin", "/usr/share/qemu/ovmf-x86_64-vars.bin"},
};

// The texts between <name ...> and </name>.
std::vector<std::string> elements(const std::string& xml, const std::string& name) {
    std::vector<std::string> found;
    const std::string end = "</" + name + ">";
    for (std::size_t at = xml.find('<' + name); at != std::string::npos;
         at = xml.find('<' + name, at + 1)) {
        const std::size_t after = at + 1 + name.size();
        const std::size_t open = xml.find('>', at);
        const std::size_t close = xml.find(end, at);
        if (open == std::string::npos || close == std::string::npos || open > close) break;
        if (xml[after] != '>' && xml[after] != ' ') continue;
        found.push_back(xml.substr(open + 1, close - open - 1));
    }
    return found;
}

std::vector<std::string> models_of(const std::string& part) {
    return elements(part, "model");
}

// Parses "+64055:+107".
std::optional<Owner> owner_from(const std::string& label) {
    const auto colon = label.find(':');
    if (colon == std::string::npos) return std::nullopt;
    const auto number = [](std::string_view text) {
        return parse_number(text.starts_with('+') ? text.substr(1) : text);
    };
    const auto user = number(std::string_view{label}.substr(0, colon));
    const auto group = number(std::string_view{label}.substr(colon + 1));
    if (!user || !group) return std::nullopt;
    return Owner{static_cast<uid_t>(*user), static_cast<gid_t>(*group)};
}

// libvirt gives QEMU all groups of its user.
std::vector<gid_t> groups_of(const Owner& owner) {
    constexpr std::size_t kMost = 256;
    std::vector<gid_t> groups(kMost, owner.group);
    int count = static_cast<int>(kMost);
    struct passwd entry {};
    struct passwd* user = nullptr;
    std::vector<char> text(std::size_t{1} << 16);
    getpwuid_r(owner.user, &entry, text.data(), text.size(), &user);
    if (user == nullptr || getgrouplist(user->pw_name, user->pw_gid, groups.data(), &count) < 0) {
        return {owner.group};
    }
    groups.resize(static_cast<std::size_t>(count));
    groups.push_back(owner.group);
    return groups;
}

// In virtual machines of some clouds KVM is present without hardware virtualization. It starts
// guests there, and most of them crash.
bool has_hardware_virtualization() {
    std::ifstream file{"/proc/cpuinfo"};
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("flags")) continue;
        return (line + ' ').find(" vmx ") != std::string::npos ||
               (line + ' ').find(" svm ") != std::string::npos;
    }
    return false;
}

bool may_use_kvm(const std::optional<Owner>& owner) {
    struct stat status {};
    if (stat(kKvm, &status) != 0 || !has_hardware_virtualization()) return false;
    if (!owner) return access(kKvm, R_OK | W_OK) == 0;
    const unsigned mode = status.st_mode;
    const auto groups = groups_of(*owner);
    const bool member = std::find(groups.begin(), groups.end(), status.st_gid) != groups.end();
    return (mode & 06U) == 06U || (member && (mode & 060U) == 060U) ||
           (status.st_uid == owner->user && (mode & 0600U) == 0600U);
}

void require_readable(const HostShell& host, const std::string& setting,
                      const boost::filesystem::path& file) {
    if (host.run("[ -f \"$1\" ] && [ -r \"$1\" ]", {file.string()}).status == 0) return;
    throw Error{VIX_E_FILE_NOT_FOUND, "the setting " + setting + " = \"" + file.string() +
                                          "\" does not name a readable file on the machines' host"};
}

}  // namespace

std::string uri_for(const Settings& settings) {
    if (!settings.uri.empty()) return settings.uri;
    return geteuid() == 0 ? "qemu:///system" : "qemu:///session";
}

bool is_libvirt_uri(const std::string& text) {
    const auto scheme = text.find("://");
    return scheme != std::string::npos && (scheme == 4 || text[4] == '+') &&
           text.starts_with("qemu");
}

bool is_reached_by_socket(const std::string& uri) {
    return uri.starts_with("qemu:///") || uri.starts_with("qemu+unix:///");
}

std::optional<Owner> qemu_owner(const std::string& capabilities, uid_t user) {
    for (const std::string& part : elements(capabilities, "secmodel")) {
        const auto models = models_of(part);
        const auto labels = elements(part, "baselabel");
        if (models.empty() || models.front() != "dac" || labels.empty()) continue;
        const auto owner = owner_from(labels.front());
        if (owner && owner->user != user) return owner;
    }
    return std::nullopt;
}

std::vector<std::string> security_drivers(const std::string& capabilities) {
    std::vector<std::string> found;
    for (const std::string& part : elements(capabilities, "secmodel")) {
        const auto models = models_of(part);
        const bool other = !models.empty() && models.front() != "dac" && models.front() != "none";
        if (other) found.push_back(models.front());
    }
    return found;
}

std::vector<Accelerator> accelerators(const Settings& settings, const HostShell& host,
                                      const std::optional<Owner>& owner) {
    switch (settings.acceleration) {
        case Acceleration::Always:
            return {Accelerator::Kvm};
        case Acceleration::Never:
            return {Accelerator::Emulation};
        default:
            break;
    }
    const bool may_use = host.is_this_host() ? may_use_kvm(owner) : host.has_kvm();
    if (!may_use) return {Accelerator::Emulation};
    return {Accelerator::Kvm, Accelerator::Emulation};
}

void choose_networks(const Settings& settings, const Connection& connection,
                     DomainContext& context) {
    const auto usual_nat = [&]() -> std::string {
        return connection.has_active_network("default") ? "network:default" : "user";
    };
    context.network_nat = settings.network_nat.empty() ? usual_nat() : settings.network_nat;
    context.network_bridged =
        settings.network_bridged.empty() ? context.network_nat : settings.network_bridged;
    context.network_hostonly =
        settings.network_hostonly.empty() ? "none" : settings.network_hostonly;
    context.vmnets = settings.vmnets;
}

FirmwareFiles find_firmware(const Settings& settings, const HostShell& host) {
    if (!settings.firmware_code.empty()) {
        require_readable(host, "power.firmwareCode", settings.firmware_code);
        require_readable(host, "power.firmwareVars", settings.firmware_vars);
        return {settings.firmware_code, settings.firmware_vars};
    }
    for (const auto& [code, vars] : kFirmware) {
        if (host.run("[ -e \"$1\" ] && [ -e \"$2\" ]", {code, vars}).status == 0) {
            return {code, vars};
        }
    }
    throw Error{
        VIX_E_CANNOT_POWER_ON_VM,
        "the virtual machine needs UEFI, but no OVMF was found. Install it (on Debian: ovmf), "
        "or name its files in the settings power.firmwareCode and power.firmwareVars"};
}

}  // namespace vix::power
