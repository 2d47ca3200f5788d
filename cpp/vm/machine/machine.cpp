#include "vm/machine/machine.h"

#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "io/files/folder.h"
#include "io/locks/lock.h"

namespace fs = boost::filesystem;

namespace vix::vm {
namespace {

constexpr int kDefaultMemoryMb = 256;  // VMware's default for memsize

// Skips shared locks, which readers hold, and our own, which belong to a single operation.
std::optional<std::string> mark_in(const fs::path& lock_folder) {
    for (const io::LockHolder& holder : io::lock_holders(lock_folder)) {
        if (holder.kind == io::LockKind::Exclusive && !holder.ours) return holder.description;
    }
    return std::nullopt;
}

// A disk that cannot be found has no lock. The call that needs the disk reports it.
std::optional<fs::path> lock_folder_of_disk(const Config& config, const DiskDevice& device,
                                            const Settings& settings) {
    try {
        const auto disk =
            find_file(device.file, config.folder(), config.search_folders(settings), settings);
        return disk ? std::optional{io::lock_folder(*disk)} : std::nullopt;
    } catch (const Error&) {
        return std::nullopt;
    }
}

}  // namespace

// VMware locks the .vmx, the disks that the guest writes to and the paging file for as long as the
// machine runs.
std::vector<fs::path> lock_folders(const Config& config, const Settings& settings) {
    std::vector<fs::path> folders{io::lock_folder(config.path())};
    for (const DiskDevice& device : config.disks()) {
        if (auto folder = lock_folder_of_disk(config, device, settings)) {
            folders.push_back(std::move(*folder));
        }
    }
    for (const std::string& name : io::names_if_any(config.folder())) {
        if (name.size() > 9 && name.substr(name.size() - 9) == ".vmem.lck") {
            folders.push_back(config.folder() / name);
        }
    }
    return folders;
}

bool is_marked_itself(const Config& config) {
    return mark_in(io::lock_folder(config.path())).has_value();
}

bool is_disk_marked(const Config& config, const DiskDevice& device, const Settings& settings) {
    const auto folder = lock_folder_of_disk(config, device, settings);
    return folder && mark_in(*folder);
}

std::optional<std::string> running_mark(const Config& config, const Settings& settings) {
    for (const fs::path& folder : lock_folders(config, settings)) {
        if (auto holder = mark_in(folder)) return holder;
    }
    return std::nullopt;
}

Summary summarize(const fs::path& vmx, const Settings& settings) {
    const Config config = Config::read(vmx);
    Summary summary;
    summary.display_name = config.display_name();
    summary.guest_os = config.find("guestOS").value_or("");
    summary.cpu_count = static_cast<int>(config.number("numvcpus", 1));
    summary.memory_mb = static_cast<int>(config.number("memsize", kDefaultMemoryMb));
    summary.encrypted = config.is_encrypted();
    summary.template_vm = config.is_template();
    summary.read_only = access(vmx.c_str(), W_OK) != 0;
    if (running_mark(config, settings)) {
        summary.power_state = PowerState::Running;
    } else if (config.is_suspended()) {
        summary.power_state = PowerState::Suspended;
    }
    return summary;
}

}  // namespace vix::vm
