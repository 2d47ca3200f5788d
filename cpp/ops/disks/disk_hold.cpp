#include "ops/disks/disk_hold.h"

#include <boost/filesystem/operations.hpp>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "io/files/folder.h"
#include "vm/machine/config.h"
#include "vm/snapshots/machine_state.h"
#include "vm/snapshots/snapshot_tree.h"

namespace fs = boost::filesystem;

namespace vix::ops {

fs::path folder_of(const fs::path& file) {
    return file.has_parent_path() ? file.parent_path() : fs::path{"."};
}

namespace {

bool is_vmx(const fs::path& path) {
    const std::string extension = to_lower(path.extension().string());
    return extension == ".vmx" || extension == ".vmtx";
}

bool names_disk(const fs::path& vmx, const io::FileIdentity& disk, const vm::Settings& settings) {
    try {
        const vm::Machine machine{
            vm::Config::parse_leniently(vmx, io::read_text(vmx, vm::Config::kMostBytes)), settings};
        for (const vm::DiskDevice& device : machine.all_disks()) {
            try {
                const auto file = machine.find_file(device.file);
                if (file && io::identity_of(*file) == disk) return true;
            } catch (const Error& error) {
                if (is_exhaustion(error.code())) throw;  // a name that leads nowhere
            }
        }
    } catch (const Error& error) {
        if (is_exhaustion(error.code())) throw;  // the census counts an unreadable machine
    }
    return false;
}

// The machines that have the disk attached, or had: each once.
std::vector<fs::path> machines_with(const DiskAt& disk, const io::FileIdentity& identity) {
    std::vector<fs::path> candidates;
    for (const std::string& name : io::names_in(folder_of(disk.path))) {
        if (is_vmx(name)) candidates.push_back(folder_of(disk.path) / name);
    }
    candidates.insert(candidates.end(), disk.machines.begin(), disk.machines.end());
    std::vector<fs::path> found;
    std::set<io::FileIdentity> known;
    for (const fs::path& vmx : candidates) {
        const auto id = io::identity_of(vmx);
        if (!id || known.contains(*id) || !names_disk(vmx, identity, disk.settings)) continue;
        known.insert(*id);
        found.push_back(vmx);
    }
    return found;
}

[[noreturn]] void refuse(const fs::path& disk, const std::string& who) {
    throw Error{VIX_E_DISK_PARTIALCHAIN,
                disk.string() + " must stay as it is: " + who + " depends on it"};
}

void refuse_live_locks(const fs::path& disk) {
    for (const io::LockHolder& holder : io::lock_holders(io::lock_folder(disk))) {
        if (holder.kind == io::LockKind::Exclusive) {
            throw Error{VIX_E_FILE_ALREADY_LOCKED, holder.description};
        }
    }
}

io::FileIdentity identity_of_disk(const fs::path& disk) {
    return vm::read_link(disk).identity;
}

}  // namespace

std::vector<fs::path> machines_that_name(const DiskAt& disk) {
    return machines_with(disk, identity_of_disk(disk.path));
}

DiskReadHold::DiskReadHold(const fs::path& disk, const vm::Settings& settings, Progress& waiting) {
    refuse_live_locks(disk);
    std::set<fs::path> folders;
    for (const vm::DiskLink& link : vm::open_disk(disk, {}, settings).chain) {
        const fs::path folder = fs::canonical(folder_of(link.path));
        if (!folders.insert(folder).second) continue;
        guards_.push_back(std::make_unique<io::FolderGuard>(
            folder, io::LockKind::Shared, io::Patience{kPatience, &waiting}, link.path));
    }
    lock_.emplace(disk, waiting);
    disk_ = vm::open_whole_disk(disk, {}, settings);
}

DiskChangeHold::DiskChangeHold(const DiskAt& disk, Progress& waiting,
                               const std::optional<io::FileIdentity>& twin)
    : disk_{disk} {
    const io::FileIdentity before = identity_of_disk(disk.path);
    const std::vector<fs::path> machines = machines_with(disk, before);
    if (machines.size() > 1)
        refuse(disk.path, machines[0].string() + " and " + machines[1].string());
    const fs::path folder = folder_of(disk.path);
    const io::Patience patience{disk.patience, &waiting};
    if (!machines.empty()) {
        vmx_ = machines.front();
        vm::Machine machine = vm::Machine::open(*vmx_, disk.settings);
        refuse_fully_encrypted(machine);
        if (machine.is_suspended()) refuse(disk.path, "the suspended " + vmx_->string());
        machine_lock_.emplace(std::move(machine), waiting, disk.patience);
        search_ = machine_lock_->machine().search_folders();
    }
    if (!vmx_ || fs::canonical(folder_of(*vmx_)) != fs::canonical(folder)) {
        guard_.emplace(folder, io::LockKind::Exclusive, patience, disk.path);
    }
    lock_.emplace(disk.path, io::LockKind::Exclusive, patience);
    link_ = vm::read_link(disk.path);
    if (machines_with(disk, link_.identity) != machines) {
        throw Error{VIX_E_FILE_ALREADY_LOCKED,
                    "another program has just changed which machines use " + disk.path.string()};
    }
    vm::Census census{vmx_.value_or(disk.path.string() + ".none"), {}, disk_.settings};
    census.add_folder(folder);
    if (vmx_) census.add_folder(folder_of(*vmx_));
    for (const fs::path& vmx : disk_.machines) census.add_folder(folder_of(vmx));
    std::set<io::FileIdentity> own{link_.identity};
    if (twin) own.insert(*twin);
    needs_ = census.needs_beside(own);
    refuse_needed();
    refuse_frozen();
}

void DiskChangeHold::refuse_needed() const {
    for (const fs::path& file : vm::files_of(link_, disk_.settings)) {
        if (const auto who = needs_->who_needs(file)) refuse(file, who->string());
    }
    if (const auto& unseen = needs_->unseen()) throw Error{*unseen};
}

void DiskChangeHold::refuse_frozen() const {
    if (!vmx_) return;
    const vm::Machine& machine = machine_lock_->machine();
    for (const vm::Snapshot& snapshot : machine.snapshots().snapshots()) {
        for (const vm::SnapshotDisk& disk : snapshot.disks) {
            const auto file = machine.find_file(disk.file);
            if (file && io::identity_of(*file) == link_.identity) {
                refuse(link_.path,
                       "the snapshot \"" + snapshot.display_name + "\" of " + vmx_->string());
            }
        }
    }
}

}  // namespace vix::ops
