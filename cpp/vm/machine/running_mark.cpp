#include "vm/machine/running_mark.h"

#include "base/error.h"
#include "io/files/folder.h"
#include "io/locks/lock.h"

namespace fs = boost::filesystem;

namespace vix::vm {
namespace {

// Skips shared locks, which readers hold, and our own, which belong to a single operation.
std::optional<std::string> mark_in(const fs::path& lock_folder) {
    for (const io::LockHolder& holder : io::lock_holders(lock_folder)) {
        if (holder.kind == io::LockKind::Exclusive && !holder.ours) return holder.description;
    }
    return std::nullopt;
}

// A disk that cannot be found has no lock. The call that needs the disk reports it.
std::optional<fs::path> lock_folder_of_disk(const Machine& machine, const DiskDevice& device) {
    try {
        const auto disk = machine.find_file(device.file);
        return disk ? std::optional{io::lock_folder(*disk)} : std::nullopt;
    } catch (const Error&) {
        return std::nullopt;
    }
}

}  // namespace

// VMware locks the .vmx, the disks that the guest writes to and the paging file for as long as the
// machine runs.
std::vector<fs::path> lock_folders(const Machine& machine) {
    std::vector<fs::path> folders{io::lock_folder(machine.path())};
    for (const DiskDevice& device : machine.disks()) {
        if (auto folder = lock_folder_of_disk(machine, device)) {
            folders.push_back(std::move(*folder));
        }
    }
    for (const std::string& name : io::names_if_any(machine.folder())) {
        if (name.size() > 9 && name.substr(name.size() - 9) == ".vmem.lck") {
            folders.push_back(machine.folder() / name);
        }
    }
    return folders;
}

bool is_marked_itself(const Config& machine) {
    return mark_in(io::lock_folder(machine.path())).has_value();
}

bool is_disk_marked(const Machine& machine, const DiskDevice& device) {
    const auto folder = lock_folder_of_disk(machine, device);
    return folder && mark_in(*folder);
}

std::optional<std::string> running_mark(const Machine& machine) {
    for (const fs::path& folder : lock_folders(machine)) {
        if (auto holder = mark_in(folder)) return holder;
    }
    return std::nullopt;
}

}  // namespace vix::vm
