#include "power/libvirt/host.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "base/error.h"

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

// The builds that keep their variables from the guest (SMM), and variables with Microsoft's keys.
constexpr const char* kSecureFirmware[][2] = {
    {"/usr/share/OVMF/OVMF_CODE_4M.secboot.fd", "/usr/share/OVMF/OVMF_VARS_4M.ms.fd"},
    {"/usr/share/OVMF/OVMF_CODE_4M.ms.fd", "/usr/share/OVMF/OVMF_VARS_4M.ms.fd"},
    {"/usr/share/OVMF/OVMF_CODE.secboot.fd", "/usr/share/OVMF/OVMF_VARS.ms.fd"},
    {"/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd", "/usr/share/edk2/ovmf/OVMF_VARS.secboot.fd"},
    {"/usr/share/qemu/ovmf-x86_64-smm-ms-code.bin", "/usr/share/qemu/ovmf-x86_64-smm-ms-vars.bin"},
};

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

template <std::size_t count>
std::optional<FirmwareFiles> first_of(const char* const (&known)[count][2], const HostShell& host) {
    for (const auto& [code, vars] : known) {
        if (host.run("[ -e \"$1\" ] && [ -e \"$2\" ]", {code, vars}).status == 0) {
            return FirmwareFiles{code, vars};
        }
    }
    return std::nullopt;
}

}  // namespace

std::string uri_for(const Settings& settings) {
    if (!settings.uri.empty()) return settings.uri;
    return geteuid() == 0 ? "qemu:///system" : "qemu:///session";
}

// Not parsed: a URI with a mistake must not count as something else, because libvirt reports it.
bool is_libvirt_uri(const std::string& text) {
    const auto scheme = text.find("://");
    return scheme != std::string::npos && (scheme == 4 || text[4] == '+') &&
           text.starts_with("qemu");
}

bool is_reached_by_socket(const std::string& uri) {
    return uri.starts_with("qemu:///") || uri.starts_with("qemu+unix:///");
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

void choose_drives(const HostShell& host, DomainContext& context) {
    const auto readable = [&](const char* device) -> boost::filesystem::path {
        return host.is_this_host() && access(device, R_OK) == 0 ? device : "";
    };
    context.host_cd = readable("/dev/sr0");
    context.host_floppy = readable("/dev/fd0");
}

FirmwareFiles find_firmware(const Settings& settings, const HostShell& host) {
    if (!settings.firmware_code.empty()) {
        require_readable(host, "power.firmwareCode", settings.firmware_code);
        require_readable(host, "power.firmwareVars", settings.firmware_vars);
        return {settings.firmware_code, settings.firmware_vars};
    }
    if (const auto files = first_of(kFirmware, host)) return *files;
    throw Error{
        VIX_E_CANNOT_POWER_ON_VM,
        "the virtual machine needs UEFI, but no OVMF was found. Install it (on Debian: ovmf), "
        "or name its files in the settings power.firmwareCode and power.firmwareVars"};
}

std::optional<FirmwareFiles> find_secure_firmware(const Settings& settings, const HostShell& host) {
    if (settings.secure_firmware_code.empty()) return first_of(kSecureFirmware, host);
    require_readable(host, "power.secureBootCode", settings.secure_firmware_code);
    require_readable(host, "power.secureBootVars", settings.secure_firmware_vars);
    return FirmwareFiles{settings.secure_firmware_code, settings.secure_firmware_vars};
}

// libvirt calls both: one makes a TPM at the first start, one runs it.
void require_software_tpm(const HostShell& host) {
    constexpr std::string_view kFind =
        "PATH=$PATH:/usr/bin:/usr/local/bin; command -v swtpm && command -v swtpm_setup";
    if (host.run(kFind, {}).status == 0) return;
    throw Error{VIX_E_CANNOT_POWER_ON_VM,
                "the virtual machine needs a TPM (power.tpm = \"own\"), but swtpm or swtpm_setup "
                "was not found. Install them (on Debian: swtpm and swtpm-tools)"};
}

}  // namespace vix::power
