#include "ops/snapshot.h"

#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <functional>

#include "base/error.h"
#include "base/text.h"
#include "io/replacement.h"
#include "ops/child_disks.h"
#include "ops/disk_family.h"
#include "ops/machine_lock.h"
#include "ops/new_snapshot.h"
#include "power/saved_state.h"
#include "vm/chain_reader.h"
#include "vm/machine_state.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

using vm::Config;
using vm::SnapshotTree;

const vm::Snapshot& require(const SnapshotTree& tree, int uid, const fs::path& vmx) {
    const vm::Snapshot* snapshot = tree.find(uid);
    if (snapshot != nullptr) return *snapshot;
    throw Error{VIX_E_SNAPSHOT_NOTFOUND,
                vmx.string() + " has no snapshot with the id " + std::to_string(uid)};
}

// A snapshot's memory that is not there, or is VMware's, cannot be brought back to life.
void require_memory(const Config& machine, const vm::Snapshot& snapshot) {
    const fs::path file = memory_file(machine.folder(), snapshot);
    std::string reason = "its memory is not ours: " + file.string();
    try {
        if (power::saved_state(file) == power::SavedState::Complete) return;
    } catch (const Error& error) {
        reason = error.detail();
    }
    throw Error{VIX_E_SNAPSHOT_NOT_REVERTABLE, "the snapshot \"" + snapshot.display_name +
                                                   "\" holds a running machine, and " + reason};
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

// As the machine had none when the snapshot was taken, it gets fresh ones at its next start.
void put_firmware_variables_back(const vm::MachineState& state, const vm::Settings& settings) {
    const fs::path path = vm::firmware_variables_path(state.config.path());
    if (state.firmware_variables) {
        io::replace_file(path, *state.firmware_variables, settings.durability);
    } else {
        unlink(path.c_str());
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
    const vm::MachineState now = vm::present_state(machine, settings);
    if (now.nvram != then.nvram || now.firmware_variables != then.firmware_variables) return false;
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
    refuse_shared_disks(machine, settings);
    const bool suspended = machine.is_suspended();
    if (suspended) refuse_unfit_memory(machine);
    const fs::path list = vm::snapshot_list_path(request.vmx);
    SnapshotTree tree = SnapshotTree::read(list);
    vm::Snapshot snapshot = new_snapshot(request, machine, tree);
    snapshot.with_memory = suspended;
    tree.add(snapshot);

    ChildDisks children{settings};
    for (const vm::DiskDevice& device : machine.disks()) {
        if (!vm::is_independent(machine, device)) children.add(device, machine, progress);
    }
    for (const fs::path& file : state_files_to_make(machine, snapshot)) children.adopt(file);
    if (suspended) share_memory(machine, snapshot, progress);
    write_state(machine, snapshot, settings);
    children.sync();
    progress.checkpoint("children are there");

    TextGuard config_guard{request.vmx, settings};
    auto config = on_disks(machine.dictionary(), children.names());
    if (suspended) suspend_in_snapshot(config, snapshot);
    io::replace_file(request.vmx, config.to_bytes(), settings.durability);
    progress.checkpoint("the machine is on its new disks");
    change_list(list, tree, settings, [&] {
        config_guard.keep_new();
        children.keep();
    });
    drop_suspended_state(machine);
    return snapshot.uid;
}

void require_revertable(const fs::path& vmx, const vm::Snapshot& snapshot,
                        const vm::Settings& settings) {
    const Config machine = Config::read(vmx);
    if (snapshot.with_memory) require_memory(machine, snapshot);
    const vm::MachineState state = vm::state_of_snapshot(machine, snapshot, settings);
    for (const vm::DiskDevice& device : state.disks) vm::find_disk(device, machine, settings);
}

vm::PowerState revert_to_snapshot(const fs::path& vmx, int uid, const vm::Settings& settings,
                                  Progress& progress) {
    const MachineLock lock{vmx, settings};
    const Config machine = Config::read(vmx);
    refuse_encrypted(machine);
    const fs::path list = vm::snapshot_list_path(vmx);
    SnapshotTree tree = SnapshotTree::read(list);
    const vm::Snapshot& snapshot = require(tree, uid, vmx);
    if (snapshot.with_memory) require_memory(machine, snapshot);
    const vm::MachineState state = vm::state_of_snapshot(machine, snapshot, settings);
    const DiskFamily before{machine, tree, settings, DiskFamily::Unreadable::Skip};

    ChildDisks children{settings};
    for (const vm::DiskDevice& device : state.disks) {
        if (!vm::is_independent(state.config, device)) children.add(device, machine, progress);
    }
    children.sync();
    progress.checkpoint("children are there");
    TextGuard config_guard{vmx, settings};
    auto config = on_disks(state.config.dictionary(), children.names());
    forget_suspended(config);
    if (snapshot.with_memory) suspend_in_snapshot(config, snapshot);
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
    put_firmware_variables_back(state, settings);
    drop_suspended_state(machine);
    const DiskFamily after{Config::read(vmx), tree, settings, DiskFamily::Unreadable::Skip};
    drop_unneeded(before, after, settings);
    if (!snapshot.with_memory) return vm::PowerState::Off;
    return state.config.is_suspended() ? vm::PowerState::Suspended : vm::PowerState::Running;
}

}  // namespace vix::ops
