#include "ops/snapshot.h"

#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <chrono>
#include <functional>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "format/vmsn.h"
#include "io/replacement.h"
#include "ops/child_disks.h"
#include "ops/disk_family.h"
#include "ops/machine_lock.h"
#include "vm/chain_reader.h"
#include "vm/machine_state.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

using vm::Config;
using vm::SnapshotTree;

void refuse_suspended(const Config& machine) {
    if (!machine.is_suspended()) return;
    throw Error{VIX_E_VM_IS_RUNNING,
                machine.path().string() + " is suspended; its memory belongs to its disks"};
}

// Two deltas on one disk, both written to, are no state of a machine.
void refuse_shared_disks(const Config& machine, const vm::Settings& settings) {
    std::set<fs::path> seen;
    for (const vm::DiskDevice& device : machine.disks()) {
        const fs::path path = vm::find_disk(device, machine, settings);
        if (seen.insert(fs::canonical(path)).second) continue;
        throw Error{VIX_E_SNAPSHOT_DUPLICATEDDISK,
                    path.string() + " is attached twice, again at " + device.node};
    }
}

std::int64_t now_us() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

vm::Snapshot new_snapshot(const SnapshotRequest& request, const Config& machine,
                          const SnapshotTree& tree) {
    vm::Snapshot snapshot;
    snapshot.uid = tree.next_uid();
    snapshot.parent = tree.current();
    snapshot.display_name = request.name;
    snapshot.description = request.description;
    snapshot.created_us = now_us();
    const std::string state_file =
        machine.path().stem().string() + "-Snapshot" + std::to_string(snapshot.uid) + ".vmsn";
    snapshot.state_file = {state_file, state_file};
    for (const vm::DiskDevice& device : machine.disks()) {
        if (vm::is_independent(machine, device)) continue;
        snapshot.disks.push_back({device.node, device.file});
    }
    return snapshot;
}

void write_state(const Config& machine, const vm::Snapshot& snapshot,
                 const vm::Settings& settings) {
    const vm::MachineState state = vm::present_state(machine, settings);
    const std::string bytes =
        format::to_vmsn({machine.dictionary().to_bytes(), state.nvram.value_or(""), state.vmxf});
    // No more readable than what it holds.
    unsigned permissions = io::permissions_of(machine.path()) & 0666;
    if (state.nvram) permissions &= state.nvram_permissions;
    io::replace_file(machine.folder() / snapshot.state_file.name, bytes, settings.durability,
                     permissions);
}

format::Dictionary on_disks(const format::Dictionary& config,
                            const std::map<std::string, std::string>& names) {
    format::Dictionary changed = config;
    for (const auto& [key, value] : config.entries()) {
        const auto node = vm::disk_node_of(key);
        if (!node) continue;
        const auto name = names.find(to_lower(*node));
        if (name != names.end()) changed.set(key, name->second);
    }
    return changed;
}

const vm::Snapshot& require(const SnapshotTree& tree, int uid, const fs::path& vmx) {
    const vm::Snapshot* snapshot = tree.find(uid);
    if (snapshot != nullptr) return *snapshot;
    throw Error{VIX_E_SNAPSHOT_NOTFOUND,
                vmx.string() + " has no snapshot with the id " + std::to_string(uid)};
}

// Puts the former text back unless all went well.
class TextGuard {
  public:
    TextGuard(fs::path path, const vm::Settings& settings)
        : path_{std::move(path)},
          settings_{settings},
          before_{io::read_text(path_, std::uint64_t{1} << 30)} {}
    ~TextGuard() {
        if (done_) return;
        try {
            io::replace_file(path_, before_, settings_.durability);
        } catch (...) {
            // The first error is on its way and tells more.
        }
    }
    TextGuard(const TextGuard&) = delete;
    TextGuard& operator=(const TextGuard&) = delete;

    void keep_new() noexcept { done_ = true; }

  private:
    fs::path path_;
    const vm::Settings& settings_;
    std::string before_;
    bool done_ = false;
};

// The step after which nothing is undone: `done` is called as soon as the new list is in place,
// before it is waited for to last.
void change_list(const fs::path& list, const SnapshotTree& tree, const vm::Settings& settings,
                 const std::function<void()>& done) {
    io::Replacement replacement{list, tree.to_bytes()};
    const bool synced = settings.durability == vm::Durability::Synced;
    if (synced) io::sync_all({replacement.fresh()});
    replacement.commit(vm::Durability::Unsynced);
    done();
    if (synced) io::sync_all({list.parent_path()});
}

// Deltas that the machine wrote to and that nothing leads to any more. A disk that stands on none
// is the user's, attached since: it is left alone.
void drop_unneeded(const DiskFamily& before, const DiskFamily& after,
                   const vm::Settings& settings) {
    for (const auto& [id, member] : before.members()) {
        const bool delta = member.parent && after.members().contains(*member.parent);
        const bool left = before.is_present(id) && !after.members().contains(id);
        if (!delta || !left || !before.is_own(id)) continue;
        for (const fs::path& file : files_of(member.link, settings)) unlink(file.c_str());
    }
}

// An empty child of just that disk.
bool is_untouched_child(const vm::Disk& disk, const fs::path& parent,
                        const vm::Settings& settings) {
    if (disk.chain.size() < 2 || !fs::equivalent(disk.chain[1].path, parent)) return false;
    vm::LinkReader reader{disk.chain.front(), settings};
    for (std::uint64_t sector = 0; sector < disk.capacity_sectors;) {
        const auto run = reader.run_at(sector).run;
        if (run.kind != format::vmdk::Run::Kind::Unallocated) return false;
        sector += run.sectors;
    }
    return true;
}

// The memory of a suspended machine means nothing without the disks it belonged to.
void drop_suspended_state(const Config& machine) {
    const fs::path name = fs::path{machine.find("checkpoint.vmState").value_or("")}.filename();
    if (name.extension() != ".vmss") return;
    unlink((machine.folder() / name).c_str());
    unlink((machine.folder() / name).replace_extension(".vmem").c_str());
}

}  // namespace

bool is_unchanged_since(const Config& machine, const vm::Snapshot& snapshot,
                        const vm::Settings& settings) {
    const vm::MachineState then = vm::state_of_snapshot(machine, snapshot, settings);
    std::map<std::string, std::string> frozen;
    for (const vm::DiskDevice& device : then.disks) {
        frozen[to_lower(device.node)] = then.config.find(device.node + ".fileName").value_or("");
    }
    const auto config = on_disks(machine.dictionary(), frozen);
    if (config.to_bytes() != then.config.dictionary().to_bytes()) return false;
    if (vm::present_state(machine, settings).nvram != then.nvram) return false;
    for (const vm::DiskDevice& device : machine.disks()) {
        if (vm::is_independent(machine, device)) continue;
        const auto same = [&](const vm::SnapshotDisk& disk) {
            return equal_ignoring_case(disk.node, device.node);
        };
        const auto disk = std::find_if(snapshot.disks.begin(), snapshot.disks.end(), same);
        if (disk == snapshot.disks.end()) return false;
        const auto search = machine.search_folders(settings);
        const vm::Disk present =
            vm::open_disk(vm::find_disk(device, machine, settings), search, settings);
        const fs::path parent = vm::find_disk({disk->node, disk->file}, machine, settings);
        if (!is_untouched_child(present, parent, settings)) return false;
    }
    return true;
}

int create_snapshot(const SnapshotRequest& request, Progress& progress) {
    const vm::Settings& settings = request.settings;
    const MachineLock lock{request.vmx, settings};
    const Config machine = Config::read(request.vmx);
    refuse_encrypted(machine);
    refuse_suspended(machine);
    refuse_shared_disks(machine, settings);
    const fs::path list = vm::snapshot_list_path(request.vmx);
    SnapshotTree tree = SnapshotTree::read(list);
    const vm::Snapshot snapshot = new_snapshot(request, machine, tree);
    tree.add(snapshot);

    ChildDisks children{settings};
    for (const vm::DiskDevice& device : machine.disks()) {
        if (!vm::is_independent(machine, device)) children.add(device, machine, progress);
    }
    children.adopt(machine.folder() / snapshot.state_file.name);
    write_state(machine, snapshot, settings);
    children.sync();
    progress.checkpoint("children are there");

    TextGuard config_guard{request.vmx, settings};
    const auto config = on_disks(machine.dictionary(), children.names());
    io::replace_file(request.vmx, config.to_bytes(), settings.durability);
    progress.checkpoint("the machine is on its new disks");
    change_list(list, tree, settings, [&] {
        config_guard.keep_new();
        children.keep();
    });
    return snapshot.uid;
}

void revert_to_snapshot(const fs::path& vmx, int uid, const vm::Settings& settings,
                        Progress& progress) {
    const MachineLock lock{vmx, settings};
    const Config machine = Config::read(vmx);
    refuse_encrypted(machine);
    const fs::path list = vm::snapshot_list_path(vmx);
    SnapshotTree tree = SnapshotTree::read(list);
    const vm::Snapshot& snapshot = require(tree, uid, vmx);
    if (snapshot.with_memory) {
        throw Error{VIX_E_SNAPSHOT_NOT_REVERTABLE,
                    "the snapshot \"" + snapshot.display_name + "\" holds a running machine"};
    }
    const vm::MachineState state = vm::state_of_snapshot(machine, snapshot, settings);
    const DiskFamily before{machine, tree, settings, DiskFamily::Unreadable::Skip};

    ChildDisks children{settings};
    for (const vm::DiskDevice& device : state.disks) {
        if (!vm::is_independent(state.config, device)) children.add(device, machine, progress);
    }
    children.sync();
    progress.checkpoint("children are there");
    TextGuard config_guard{vmx, settings};
    const auto config = on_disks(state.config.dictionary(), children.names());
    io::replace_file(vmx, config.to_bytes(), settings.durability);
    progress.checkpoint("the machine is on its new disks");
    progress.point_of_no_return();
    tree.set_current(uid);
    change_list(list, tree, settings, [&] {
        config_guard.keep_new();
        children.keep();
    });

    if (state.nvram) {
        const auto nvram = state.config.find("nvram").value_or(vmx.stem().string() + ".nvram");
        io::replace_file(vmx.parent_path() / fs::path{nvram}.filename(), *state.nvram,
                         settings.durability);
    }
    drop_suspended_state(machine);
    const DiskFamily after{Config::read(vmx), tree, settings, DiskFamily::Unreadable::Skip};
    drop_unneeded(before, after, settings);
}

}  // namespace vix::ops
