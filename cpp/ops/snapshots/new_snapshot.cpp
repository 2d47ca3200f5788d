#include "ops/snapshots/new_snapshot.h"

#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "format/vmsn.h"
#include "io/files/replacement.h"
#include "io/files/same_file.h"
#include "io/files/transfer.h"
#include "ops/snapshots/snapshot_limits.h"
#include "power/domain/domain_identity.h"
#include "power/saved_state.h"
#include "vm/disks/disk_modes.h"
#include "vm/machine/machine_files.h"
#include "vm/machine/working_folder.h"
#include "vm/snapshots/machine_state.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

constexpr unsigned kFirmwarePermissions = 0600;

std::int64_t now_us() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

// In the machine's own folder the name is VMware's. Other machines, even with the same name, may
// share another working folder; there the name shows the owner, see power::is_own_elsewhere().
std::string state_name(const vm::Machine& machine, int uid) {
    const fs::path vmx = power::canonical_path(machine.path());
    const std::string number = "-Snapshot" + std::to_string(uid);
    const fs::path folder = vm::working_folder(machine);
    if (folder == machine.folder()) return machine.path().stem().string() + number + ".vmsn";
    const std::string stem = vmx.stem().string() + '-' + power::digits_for(vmx) + number;
    fs::path file = folder / (stem + ".vmsn");
    for (int again = 2; io::identity_of(file); ++again) {  // left by a lost snapshot list
        file = folder / (stem + '-' + std::to_string(again) + ".vmsn");
    }
    return file.string();
}

// Returns the path of the state with that name if it is outside the machine's folder.
std::optional<fs::path> place_elsewhere(const std::string& name, const vm::Machine& machine) {
    const std::string bare = vm::bare_name(name);
    if (bare.empty()) return std::nullopt;
    try {
        if (bare != name) {
            auto place = machine.find_at_path({name, name});
            const bool there = place && !io::is_same_file(place->parent_path(), machine.folder());
            return there ? place : std::nullopt;
        }
        const auto working = vm::find_working_folder(machine);
        if (!working || *working == machine.folder()) return std::nullopt;
        if (io::identity_of(machine.folder() / bare)) return std::nullopt;
        const fs::path place = *working / bare;
        return io::identity_of(place) ? std::optional{place} : std::nullopt;
    } catch (const Error& error) {
        if (is_exhaustion(error.code())) throw;
        return std::nullopt;  // a drive that is not mapped, or access is denied
    }
}

// For a snapshot that is being taken. No file has this name yet, so no search is needed.
fs::path new_state_file(const vm::Config& machine, const vm::Snapshot& snapshot) {
    const fs::path name{snapshot.state_file.name};
    return name.is_absolute() ? name : machine.folder() / name;
}

}  // namespace

void refuse_shared_disks(const vm::Machine& machine) {
    std::set<fs::path> seen;
    for (const vm::DiskDevice& device : machine.disks()) {
        const fs::path path = machine.find_disk(device);
        if (seen.insert(fs::canonical(path)).second) continue;
        throw Error{VIX_E_SNAPSHOT_DUPLICATEDDISK, path.string() +
                                                       " is attached twice, the second time at " +
                                                       device.node + ". Detach one of them"};
    }
}

vm::Snapshot new_snapshot(const vm::Machine& machine, const std::vector<std::string>& names) {
    refuse_new_snapshot(machine);
    vm::refuse_redo_logs(machine);
    vm::Snapshot snapshot;
    snapshot.uid = vm::first_free_number(machine.path(), names, machine.snapshots().next_uid());
    snapshot.parent = machine.snapshots().current();
    snapshot.created_us = now_us();
    const std::string name = state_name(machine, snapshot.uid);
    snapshot.state_file = {name, name};
    for (const vm::DiskDevice& device : machine.disks()) {
        if (device.independent) continue;
        snapshot.disks.push_back({device.node, device.file});
    }
    return snapshot;
}

fs::path state_file(const vm::Machine& machine, const vm::Snapshot& snapshot) {
    return vm::state_place(snapshot.state_file, machine);
}

fs::path memory_file(const vm::Machine& machine, const vm::Snapshot& snapshot) {
    return state_file(machine, snapshot).replace_extension(".vmem");
}

// Ignores files elsewhere, which the snapshot list may name.
std::vector<fs::path> state_files(const vm::Config& machine, const vm::Snapshot& snapshot) {
    const fs::path name{snapshot.state_file.name};
    if (name.extension() != ".vmsn") return {};
    const bool elsewhere = name.has_parent_path();
    if (elsewhere && !power::is_own_elsewhere(name, machine)) return {};
    return vm::files_of_state(elsewhere ? name : machine.folder() / name);
}

void note_states_kept(const vm::Machine& machine, const std::vector<std::string>& names,
                      Progress& progress) {
    std::string kept;
    for (const std::string& name : names) {
        const auto place = place_elsewhere(name, machine);
        if (!place || power::is_own_elsewhere(*place, machine)) continue;
        kept += (kept.empty() ? "" : ", ") + place->string();
    }
    if (kept.empty()) return;
    progress.note("states outside the folder of " + machine.path().string() +
                  " are kept, because another machine may need them: " + kept);
}

std::vector<fs::path> suspended_state(const vm::Config& machine) {
    const fs::path name{machine.find("checkpoint.vmState").value_or("")};
    if (name.extension() != ".vmss") return {};
    const bool elsewhere = power::is_own_elsewhere(name, machine);
    const fs::path state = elsewhere ? name : machine.folder() / name.filename();
    return {state, fs::path{state}.replace_extension(".vmem")};
}

std::vector<fs::path> state_files_to_make(const vm::Config& machine, const vm::Snapshot& snapshot) {
    const fs::path state = new_state_file(machine, snapshot);
    std::vector<fs::path> files{state};
    if (snapshot.with_memory) files.push_back(fs::path{state}.replace_extension(".vmem"));
    boost::system::error_code ignored;
    if (fs::exists(vm::firmware_variables_path(machine.path()), ignored)) {
        files.push_back(vm::firmware_variables_path(state));
    }
    return files;
}

void write_state(const vm::Machine& machine, const vm::Snapshot& snapshot) {
    const vm::MachineState state = vm::present_state(machine);
    const std::string bytes =
        format::to_vmsn({machine.dictionary().to_bytes(), state.nvram.value_or(""), state.vmxf});
    // Its permissions are no wider than those of its sources.
    unsigned permissions = state.permissions & 0666;
    if (state.nvram) permissions &= state.nvram_permissions;
    const fs::path file = new_state_file(machine, snapshot);
    io::replace_file(file, bytes, vm::Durability::Unsynced, permissions);
    if (!state.firmware_variables) return;
    io::replace_file(vm::firmware_variables_path(file), *state.firmware_variables,
                     vm::Durability::Unsynced, kFirmwarePermissions);
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

void refuse_independent_disks(const vm::Config& machine, bool with_memory) {
    for (const vm::DiskDevice& device : machine.disks()) {
        if (!device.independent) continue;
        throw Error{with_memory ? VIX_E_SNAPSHOT_MEMORY_ON_INDEPENDENT_DISK
                                : VIX_E_SNAPSHOT_INDEPENDENTDISK,
                    device.node + " of " + machine.path().string() +
                        " is an independent disk, so reverting would not restore it together with "
                        "the other disks or the memory"};
    }
}

void refuse_unfit_memory(const vm::Machine& machine) {
    if (power::is_state_of_snapshot(machine)) {
        throw Error{VIX_E_SNAPSHOT_NOCHANGE, machine.path().string() +
                                                 " is suspended exactly as a snapshot records it. "
                                                 "Power it on before you take another snapshot"};
    }
    if (power::saved_state(machine) != power::SavedState::Complete) {
        throw Error{VIX_E_VM_IS_RUNNING,
                    machine.path().string() +
                        " was suspended by another product, or its suspend state is incomplete: " +
                        power::recorded_state_file(machine).string()};
    }
    refuse_independent_disks(machine, true);
}

void share_memory(const vm::Machine& machine, const vm::Snapshot& snapshot, Progress& progress) {
    const fs::path memory = memory_file(machine, snapshot);
    // Remove the leftover of a crashed call: a uid is never used twice. If it stays, share_file()
    // fails and does not overwrite it.
    unlink(memory.c_str());
    share_file(power::recorded_state_file(machine), memory, progress);
}

void share_file(const fs::path& from, const fs::path& to, Progress& progress) {
    if (link(from.c_str(), to.c_str()) == 0) return;
    const auto source = std::make_shared<const io::File>(io::File::open(from));
    const auto copy = std::make_shared<io::File>(io::File::create(to, source->permissions()));
    io::Transfer transfer{progress, io::Durability::Synced};
    transfer.copy_whole(source, copy);
    transfer.finish();
    copy->finish(io::Durability::Unsynced);
}

// VMware's keys: a read-only state stays after the machine was resumed from it.
void suspend_in_snapshot(format::Dictionary& config, const vm::Snapshot& snapshot) {
    config.set("checkpoint.vmState", snapshot.state_file.name);
    config.set("checkpoint.vmState.readOnly", "TRUE");
}

void forget_suspended(format::Dictionary& config) {
    if (config.find("checkpoint.vmState")) config.set("checkpoint.vmState", "");
    if (config.find("checkpoint.vmState.readOnly")) {
        config.set("checkpoint.vmState.readOnly", "FALSE");
    }
}

}  // namespace vix::ops
