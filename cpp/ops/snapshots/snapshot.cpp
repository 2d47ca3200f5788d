#include "ops/snapshots/snapshot.h"

#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "io/files/folder.h"
#include "io/files/replacement.h"
#include "ops/machine/machine_lock.h"
#include "ops/snapshots/disk_change.h"
#include "ops/snapshots/disk_family.h"
#include "ops/snapshots/list/snapshot_list.h"
#include "ops/snapshots/new_snapshot.h"
#include "power/saved_state.h"
#include "power/session.h"
#include "vm/disks/chain_reader.h"
#include "vm/snapshots/machine_state.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

using vm::Machine;
using vm::SnapshotTree;

// Memory that is missing or in VMware's format cannot be resumed.
void require_memory(const Machine& machine, const vm::Snapshot& snapshot) {
    const fs::path file = memory_file(machine, snapshot);
    std::string reason = file.string() + " was not saved by this library";
    try {
        if (power::saved_state(file) == power::SavedState::Complete) return;
    } catch (const Error& error) {
        reason = error.detail();
    }
    throw Error{VIX_E_SNAPSHOT_NOT_REVERTABLE,
                "cannot revert to the snapshot \"" + snapshot.display_name +
                    "\", because its memory cannot be resumed: " + reason};
}

// Deltas that only the current state depends on, down to the disks that the new state needs. A disk
// without such a parent was attached by the user since, and stays. Deletes nothing while it is
// unknown what another snapshot depends on.
std::vector<fs::path> files_to_drop(const DiskFamily& before, const DiskFamily& after,
                                    const vm::Settings& settings) {
    std::vector<fs::path> files;
    if (!after.is_complete()) return files;
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

// True for an empty child of exactly that disk.
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

// Restores the BIOS's nvram and UEFI's variables. The new files are made next to the current ones
// and replace them right after the configuration that they belong to. If the machine had no
// variables when the snapshot was taken, its next start makes new ones.
class FirmwareChange {
  public:
    explicit FirmwareChange(const vm::MachineState& state)
        : state_{state}, variables_path_{vm::firmware_variables_path(state.machine.path())} {}

    void announce(Pending& pending) const {
        if (state_.nvram) pending.replace_then(nvram_path());
        if (state_.firmware_variables) {
            pending.replace_then(variables_path_);
        } else {
            pending.remove_then(variables_path_);
        }
    }

    // Returns the files to sync.
    std::vector<fs::path> make() {
        std::vector<fs::path> fresh;
        if (state_.nvram) fresh.push_back(nvram_.emplace(nvram_path(), *state_.nvram).fresh());
        if (const auto& bytes = state_.firmware_variables) {
            fresh.push_back(variables_.emplace(variables_path_, *bytes, kPermissions).fresh());
        }
        return fresh;
    }

    void commit(vm::Durability durability) {
        if (nvram_) nvram_->commit(durability);
        if (variables_) variables_->commit(durability);
        if (!variables_) io::remove_file(variables_path_);
    }

  private:
    static constexpr unsigned kPermissions = 0600;

    fs::path nvram_path() const {
        const fs::path& vmx = state_.machine.path();
        const auto name = state_.machine.find("nvram").value_or(vmx.stem().string() + ".nvram");
        return vmx.parent_path() / fs::path{name}.filename();
    }

    const vm::MachineState& state_;
    fs::path variables_path_;
    std::optional<io::Replacement> nvram_;
    std::optional<io::Replacement> variables_;
};

// The machine with the disks of that state, as it is after the revert.
Machine on_disks_of(const vm::MachineState& state) {
    std::map<std::string, std::string> names;
    for (const vm::DiskDevice& device : state.disks)
        names[to_lower(device.node)] = device.file.name;
    const fs::path& vmx = state.machine.path();
    const auto text = on_disks(state.machine.dictionary(), names).to_bytes();
    return {vm::Config::parse(vmx, text, vmx), state.machine.settings()};
}

// All files that are deleted with the current state when another one replaces it.
std::vector<fs::path> files_of_present(const Machine& machine, const vm::MachineState& state,
                                       const SnapshotTree& tree) {
    const Machine reverted = on_disks_of(state);
    const DiskFamily before{machine, tree, DiskFamily::Unreadable::Skip};
    const DiskFamily after{reverted, tree, DiskFamily::Unreadable::Skip};
    auto files = files_to_drop(before, after, machine.settings());
    for (const fs::path& file : suspended_state(machine)) files.push_back(file);
    return files;
}

}  // namespace

bool is_unchanged_since(const Machine& machine, const vm::Snapshot& snapshot) {
    const vm::MachineState then = vm::state_of_snapshot(machine, snapshot);
    std::map<std::string, std::string> frozen;
    for (const vm::DiskDevice& device : then.disks) {
        frozen[to_lower(device.node)] = then.machine.find(device.node + ".fileName").value_or("");
    }
    auto config = on_disks(machine.dictionary(), frozen);
    auto config_then = then.machine.dictionary();
    for (format::Dictionary* text : {&config, &config_then}) {
        power::forget_session(*text);
        text->remove(power::kCleanShutdown);
    }
    if (config.to_bytes() != config_then.to_bytes()) return false;
    const vm::MachineState now = vm::present_state(machine);
    if (now.nvram != then.nvram || now.firmware_variables != then.firmware_variables) return false;
    for (const vm::DiskDevice& device : machine.disks()) {
        if (device.independent) continue;
        const auto same = [&](const vm::SnapshotDisk& disk) {
            return equal_ignoring_case(disk.node, device.node);
        };
        const auto disk = std::find_if(snapshot.disks.begin(), snapshot.disks.end(), same);
        if (disk == snapshot.disks.end()) return false;
        const vm::Disk present =
            vm::open_disk(machine.find_disk(device), machine.search_folders(), machine.settings());
        const fs::path parent = machine.find_disk({disk->node, disk->file});
        if (!is_untouched_child(present, parent, machine.settings())) return false;
    }
    return true;
}

int create_snapshot(const SnapshotRequest& request, Progress& progress) {
    return create_snapshot(Machine::open(request.vmx, request.settings), request.name,
                           request.description, progress);
}

int create_snapshot(Machine opened, const std::string& name, const std::string& description,
                    Progress& progress) {
    const MachineLock lock{std::move(opened), progress};
    const Machine& machine = lock.machine();
    refuse_encrypted(machine, kStateNeedsKey);
    refuse_shared_disks(machine);
    const bool suspended = machine.is_suspended();
    if (suspended) refuse_unfit_memory(machine);
    SnapshotTree tree = machine.snapshots();
    const std::vector<std::string> names = io::names_in(machine.folder());
    note_lost_snapshots(machine, names, progress);
    vm::Snapshot snapshot = new_snapshot(machine, names);
    snapshot.display_name = name;
    snapshot.description = description;
    snapshot.with_memory = suspended;
    tree.add(snapshot);

    ChangeOfDisks change{machine};
    change.children().avoid(machine, tree, names);
    for (const vm::DiskDevice& device : machine.disks()) {
        if (!device.independent) change.children().plan(device, machine);
    }
    for (const fs::path& file : state_files_to_make(machine, snapshot)) {
        change.children().adopt(file);
    }
    change.pending().add(suspended_state(machine));
    change.begin();
    change.children().build(progress);
    if (suspended) share_memory(machine, snapshot, progress);
    write_state(machine, snapshot);
    auto config = on_disks(machine.dictionary(), change.children().names());
    if (suspended) suspend_in_snapshot(config, snapshot);
    change.commit(config, tree, {}, progress);
    for (const fs::path& file : suspended_state(machine)) change.pending().remove(file, progress);
    change.pending().done();
    return snapshot.uid;
}

void require_revertable(const Machine& machine, const vm::Snapshot& snapshot) {
    if (snapshot.with_memory) require_memory(machine, snapshot);
    const vm::MachineState state = vm::state_of_snapshot(machine, snapshot);
    for (const vm::DiskDevice& device : state.disks) machine.find_disk(device);
}

vm::PowerState revert_to_snapshot(const fs::path& vmx, int uid, const vm::Settings& settings,
                                  Progress& progress) {
    const MachineLock lock{vmx, settings, progress};
    const Machine& machine = lock.machine();
    refuse_encrypted(machine, kStateNeedsKey);
    SnapshotTree tree = machine.snapshots();
    const std::vector<std::string> names = io::names_in(machine.folder());
    note_lost_snapshots(machine, names, progress);
    const vm::Snapshot& snapshot = tree.require(uid, vmx);
    if (snapshot.with_memory) require_memory(machine, snapshot);
    const vm::MachineState state = vm::state_of_snapshot(machine, snapshot);
    tree.set_current(uid);
    const auto unneeded = files_of_present(machine, state, tree);

    FirmwareChange firmware{state};  // destroyed last: `change` completes it if necessary
    ChangeOfDisks change{machine};
    change.children().avoid(machine, tree, names);
    for (const vm::DiskDevice& device : state.disks) {
        if (!device.independent) change.children().plan(device, machine);
    }
    change.pending().expect_nodes(machine);
    change.pending().expect_nodes(state.machine);
    change.pending().add(unneeded);
    auto config = on_disks(state.machine.dictionary(), change.children().names());
    forget_suspended(config);
    power::forget_session(config);
    if (config.find(power::kCleanShutdown)) config.set(power::kCleanShutdown, "TRUE");
    if (snapshot.with_memory) suspend_in_snapshot(config, snapshot);
    change.pending().follow_config(config.to_bytes());
    firmware.announce(change.pending());
    change.begin();
    progress.expect(1 + io::allocated_bytes(unneeded));
    change.children().build(progress);
    change.commit(config, tree, firmware.make(), progress);
    firmware.commit(settings.durability);
    progress.add(1);
    for (const fs::path& file : unneeded) {
        const std::uint64_t bytes = io::allocated_bytes({file});
        change.pending().remove(file, progress);
        progress.add(bytes);
    }
    change.pending().done();
    if (!snapshot.with_memory) return vm::PowerState::Off;
    return state.machine.is_suspended() ? vm::PowerState::Suspended : vm::PowerState::Running;
}

}  // namespace vix::ops
