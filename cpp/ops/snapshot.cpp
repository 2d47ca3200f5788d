#include "ops/snapshot.h"

#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "format/vmsn.h"
#include "io/replacement.h"
#include "ops/child_disks.h"
#include "ops/disk_family.h"
#include "ops/machine_lock.h"
#include "ops/pending.h"
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
        if (seen.insert(fs::weakly_canonical(path)).second) continue;
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

// Unsynced.
void write_state(const Config& machine, const vm::Snapshot& snapshot,
                 const vm::Settings& settings) {
    const vm::MachineState state = vm::present_state(machine, settings);
    const std::string bytes =
        format::to_vmsn({machine.dictionary().to_bytes(), state.nvram.value_or(""), state.vmxf});
    // No more readable than what it holds.
    unsigned permissions = io::permissions_of(machine.path()) & 0666;
    if (state.nvram) permissions &= state.nvram_permissions;
    io::replace_file(machine.folder() / snapshot.state_file.name, bytes, vm::Durability::Unsynced,
                     permissions);
}

format::Dictionary on_disks(const format::Dictionary& config,
                            const std::map<std::string, std::string>& names) {
    format::Dictionary changed = config;
    for (const auto& [key, value] : config.entries()) {
        const auto node = vm::disk_node_of(key);
        const auto name = node ? names.find(to_lower(*node)) : names.end();
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

// The machine goes over to new disks: all that is new is made ready and synced at once, then the
// configuration and after it the list are exchanged. Until the list is, all of it is undone on
// failure; what a dead process leaves goes with the next call.
class ChangeOfDisks {
  public:
    ChangeOfDisks(const fs::path& vmx, const vm::Settings& settings)
        : vmx_{vmx}, settings_{settings}, pending_{vmx, settings}, children_{settings} {}

    Pending& pending() { return pending_; }
    ChildDisks& children() { return children_; }

    // From here on what both of them name may be made.
    void begin() {
        pending_.add(children_.files());
        for (const fs::path& disk : children_.parents()) pending_.add_merge(disk);
        pending_.write();
    }

    // `also`: what else has been made and must last.
    void commit(const format::Dictionary& config, const SnapshotTree& tree,
                std::vector<fs::path> also, Progress& progress) {
        io::UndoableReplacement vmx{vmx_, config.to_bytes()};
        io::Replacement list{vm::snapshot_list_path(vmx_), tree.to_bytes()};
        also.insert(also.end(), {pending_.path(), vmx.fresh(), list.fresh(), vmx_.parent_path()});
        sync_with_children(std::move(also));
        progress.checkpoint("children are there");
        vmx.commit(settings_.durability);
        progress.checkpoint("the machine is on its new disks");
        progress.point_of_no_return();
        list.commit(vm::Durability::Unsynced);
        vmx.keep();
        children_.keep();
        if (is_synced()) io::sync_all({vmx_.parent_path()});
    }

  private:
    bool is_synced() const { return settings_.durability == vm::Durability::Synced; }

    void sync_with_children(std::vector<fs::path> paths) {
        if (!is_synced()) return;
        for (const fs::path& path : children_.to_sync()) paths.push_back(path);
        std::sort(paths.begin(), paths.end());
        paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
        io::sync_all(paths);
    }

    fs::path vmx_;
    const vm::Settings& settings_;
    Pending pending_;  // goes last: it tidies up what the others could not undo
    ChildDisks children_;
};

// Deltas that only the present state stood on, down to where the state to come begins. A disk that
// stands on none of that is the user's, attached since: it is left alone.
std::vector<fs::path> files_to_drop(const DiskFamily& before, const DiskFamily& after,
                                    const vm::Settings& settings) {
    std::vector<fs::path> files;
    const auto is_needed = [&](const auto& id) { return after.members().contains(id); };
    for (const auto& [id, member] : before.members()) {
        if (!before.is_present(id)) continue;
        std::vector<fs::path> above;
        std::optional<DiskFamily::Id> at = id;
        for (; at && !is_needed(*at); at = before.members().at(*at).parent) {
            if (!before.is_own(*at) || before.is_shared(*at)) continue;
            const auto& link = before.members().at(*at).link;
            for (const fs::path& file : files_of(link, settings)) above.push_back(file);
        }
        if (at) files.insert(files.end(), above.begin(), above.end());
    }
    return files;
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
std::vector<fs::path> suspended_state(const Config& machine) {
    const fs::path name = fs::path{machine.find("checkpoint.vmState").value_or("")}.filename();
    if (name.extension() != ".vmss") return {};
    const fs::path state = machine.folder() / name;
    return {state, fs::path{state}.replace_extension(".vmem")};
}

fs::path nvram_path(const vm::MachineState& state) {
    const fs::path& vmx = state.config.path();
    const auto name = state.config.find("nvram").value_or(vmx.stem().string() + ".nvram");
    return vmx.parent_path() / fs::path{name}.filename();
}

// What the machine is to stand on once it has gone back.
DiskFamily family_of_state(const vm::MachineState& state, const SnapshotTree& tree,
                           const vm::Settings& settings) {
    std::map<std::string, std::string> names;
    for (const vm::DiskDevice& device : state.disks)
        names[to_lower(device.node)] = device.file.name;
    const auto text = on_disks(state.config.dictionary(), names).to_bytes();
    return {Config::parse(state.config.path(), text), tree, settings, DiskFamily::Unreadable::Skip};
}

// All that goes with the present state when another one takes its place.
std::vector<fs::path> files_of_present(const Config& machine, const vm::MachineState& state,
                                       const SnapshotTree& tree, const vm::Settings& settings) {
    const DiskFamily before{machine, tree, settings, DiskFamily::Unreadable::Skip};
    auto files = files_to_drop(before, family_of_state(state, tree, settings), settings);
    for (const fs::path& file : suspended_state(machine)) files.push_back(file);
    return files;
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
    SnapshotTree tree = SnapshotTree::read(vm::snapshot_list_path(request.vmx));
    const vm::Snapshot snapshot = new_snapshot(request, machine, tree);
    tree.add(snapshot);

    ChangeOfDisks change{request.vmx, settings};
    for (const vm::DiskDevice& device : machine.disks()) {
        if (!vm::is_independent(machine, device)) change.children().plan(device, machine);
    }
    change.children().adopt(machine.folder() / snapshot.state_file.name);
    change.begin();
    change.children().build(progress);
    write_state(machine, snapshot, settings);
    change.commit(on_disks(machine.dictionary(), change.children().names()), tree, {}, progress);
    change.pending().done();
    return snapshot.uid;
}

void revert_to_snapshot(const fs::path& vmx, int uid, const vm::Settings& settings,
                        Progress& progress) {
    const MachineLock lock{vmx, settings};
    const Config machine = Config::read(vmx);
    refuse_encrypted(machine);
    SnapshotTree tree = SnapshotTree::read(vm::snapshot_list_path(vmx));
    const vm::Snapshot& snapshot = require(tree, uid, vmx);
    if (snapshot.with_memory) {
        throw Error{VIX_E_SNAPSHOT_NOT_REVERTABLE,
                    "the snapshot \"" + snapshot.display_name + "\" holds a running machine"};
    }
    const vm::MachineState state = vm::state_of_snapshot(machine, snapshot, settings);
    tree.set_current(uid);
    const auto unneeded = files_of_present(machine, state, tree, settings);

    ChangeOfDisks change{vmx, settings};
    for (const vm::DiskDevice& device : state.disks) {
        if (!vm::is_independent(state.config, device)) change.children().plan(device, machine);
    }
    change.pending().expect_nodes(machine);
    change.pending().expect_nodes(state.config);
    change.pending().add(unneeded);
    change.pending().add(nvram_path(state));
    change.begin();
    progress.expect(1 + io::allocated_bytes(unneeded));
    change.children().build(progress);
    std::optional<io::Replacement> nvram;
    if (state.nvram) nvram.emplace(nvram_path(state), *state.nvram);
    change.commit(on_disks(state.config.dictionary(), change.children().names()), tree,
                  nvram ? std::vector{nvram->fresh()} : std::vector<fs::path>{}, progress);
    if (nvram) nvram->commit(settings.durability);
    progress.add(1);
    for (const fs::path& file : unneeded) {
        const std::uint64_t bytes = io::allocated_bytes({file});
        unlink(file.c_str());
        progress.add(bytes);
    }
    change.pending().done();
}

}  // namespace vix::ops
