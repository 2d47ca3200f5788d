// Reads from top to bottom: the two recipes, then their steps in the order in which they happen.
#include "ops/clone/clone.h"

#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "io/files/folder.h"
#include "io/files/staging.h"
#include "io/locks/lock.h"
#include "ops/clone/clone_config.h"
#include "ops/clone/clone_parent.h"
#include "ops/clone/encrypted_source.h"
#include "ops/disks/disk_build.h"
#include "ops/disks/disk_plan.h"
#include "ops/machine/machine_lock.h"
#include "ops/snapshots/list/kept_lists.h"
#include "vm/disks/disk.h"
#include "vm/disks/disk_modes.h"
#include "vm/disks/shared_disks.h"
#include "vm/machine/working_folder.h"
#include "vm/snapshots/machine_state.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

struct PlannedDisk {
    vm::Disk source;
    DiskPlan plan;
    bool linked = false;  // an empty child of the source
};

struct ClonePlan {
    CloneNames names;
    std::vector<PlannedDisk> disks;
    fs::path vmx_name;  // the file name of its .vmx
    std::string vmx;
    std::string vmxf;
    std::string vmsd;  // empty: a machine without snapshots
};

void refuse_as_parent(const vm::Machine& source, const std::optional<int>& snapshot);
void check_destination_free(const fs::path& destination);
void check_new_place(const fs::path& destination);
vm::MachineState state_to_clone(const vm::Machine& source, const std::optional<int>& snapshot);
std::vector<std::string> link_to_snapshot(vm::Machine source, int snapshot,
                                          const CloneRequest& request, Progress& progress);
void make_clone(const vm::MachineState& source, const fs::path& destination, CloneRecord* record,
                Progress& progress);
ClonePlan plan_clone(const vm::MachineState& source, const fs::path& destination,
                     const CloneRecord* record);
void plan_disks(const vm::MachineState& source, const fs::path& destination,
                const CloneRecord* record, ClonePlan& plan);
void check_folder_free(const fs::path& folder);
void fill_and_publish(const ClonePlan& plan, const vm::MachineState& source, CloneRecord* record,
                      const std::vector<fs::path>& also, io::StagingPlace& staging,
                      Progress& progress);
void build_disks(const ClonePlan& plan, const fs::path& folder, const vm::Settings& settings,
                 Progress& progress);
void write_configuration(const ClonePlan& plan, const vm::MachineState& source,
                         const fs::path& folder);

}  // namespace

std::vector<std::string> clone_full(const CloneRequest& request, Progress& progress) {
    vm::Machine source = vm::Machine::open(request.source, request.settings);
    refuse_running(source);
    refuse_encrypted_parts(source, request.snapshot.has_value());
    vm::refuse_list_elsewhere(source);
    check_destination_free(request.destination);

    tidy_up_if_free(source.path(), source.settings());
    const ReadHold hold{source.path(), progress};
    source.reread();
    refuse_encrypted_parts(source, request.snapshot.has_value());
    const vm::MachineState state = state_to_clone(source, request.snapshot);
    require_tpm_state(state);
    if (!request.snapshot) vm::refuse_redo_logs(source);
    make_clone(state, request.destination, nullptr, progress);
    return notes_of_encryption(source, request.destination);
}

std::vector<std::string> clone_linked(const CloneRequest& request, Progress& progress) {
    vm::Machine source = vm::Machine::open(request.source, request.settings);
    refuse_as_parent(source, request.snapshot);
    check_destination_free(request.destination);
    const auto snapshot = request.snapshot ? request.snapshot : snapshot_to_reuse(source);
    if (snapshot) return link_to_snapshot(source, *snapshot, request, progress);

    // Before a snapshot is taken that a failure would have to remove.
    check_new_place(request.destination);
    SnapshotForClone fresh{source, progress};
    auto notes = link_to_snapshot(source, fresh.uid(), request, progress);
    fresh.keep();
    return notes;
}

namespace {

// The clone would share the bus too, and write to disks that other machines write to.
void refuse_shared(const vm::Machine& source) {
    const auto sharing = vm::what_forbids_snapshots(source);
    if (!sharing) return;
    throw Error{VIX_E_SNAPSHOT_VERSION, source.path().string() + ": " + *sharing +
                                            " shares disks with other machines, so a linked clone "
                                            "is impossible. Make a full clone"};
}

void refuse_as_parent(const vm::Machine& source, const std::optional<int>& snapshot) {
    if (source.is_suspended()) {
        throw Error{VIX_E_VM_IS_RUNNING,
                    source.path().string() +
                        " is suspended, and its memory belongs to the current content of its "
                        "disks. Resume it and shut it down, then make the linked clone"};
    }
    if (!snapshot) refuse_running(source);
    refuse_encrypted(source, kStateNeedsKey);
    refuse_shared(source);
    vm::refuse_list_elsewhere(source);
}

void check_destination_free(const fs::path& destination) {
    if (fs::symlink_status(destination).type() != fs::file_not_found) {
        throw Error{VIX_E_FILE_ALREADY_EXISTS, destination.string() + " already exists"};
    }
}

void check_writable(const fs::path& folder) {
    if (!fs::is_directory(folder)) throw system_error(ENOTDIR, "writing to", folder.string());
    if (access(folder.c_str(), W_OK) != 0) throw system_error(errno, "writing to", folder.string());
}

void check_new_place(const fs::path& destination) {
    const fs::path folder = destination.parent_path();
    const bool left_over = fs::exists(io::Staging::folder_for(destination));
    if (!left_over && fs::is_directory(folder)) check_folder_free(folder);
    if (fs::exists(folder)) {
        check_writable(folder);
    } else {
        const io::NewFolders probe{folder};  // checks that the folder can be made, and removes it
    }
}

vm::MachineState state_to_clone(const vm::Machine& source, const std::optional<int>& uid) {
    if (!uid) return vm::present_state(source);
    const vm::Snapshot& snapshot = source.snapshots().require(*uid, source.path());
    if (snapshot.with_memory) {
        throw Error{VIX_E_VM_IS_RUNNING,
                    "the snapshot \"" + snapshot.display_name +
                        "\" has the memory of a running machine, so it cannot be cloned. Take a "
                        "snapshot without memory and clone that"};
    }
    return vm::state_of_snapshot(source, snapshot);
}

std::vector<std::string> link_to_snapshot(vm::Machine source, int snapshot,
                                          const CloneRequest& request, Progress& progress) {
    tidy_up_if_free(source.path(), source.settings());
    const ParentHold hold{source, progress};
    source.reread();
    refuse_encrypted(source, kStateNeedsKey);
    source.know_snapshots(KeptLists::take(source.path()));
    const vm::MachineState state = state_to_clone(source, snapshot);
    CloneRecord record{source, snapshot, request.destination};
    make_clone(state, request.destination, &record, progress);
    return record.notes();
}

// Runs all steps from the plan to the published clone. `record`: of a linked clone, else nullptr.
// Other programs may use an existing folder, so the destination is locked in VMware's form. A new
// folder is still unknown to others and needs no lock. The names of the clone's disks are chosen
// only when the leftovers of a killed attempt, which may have the same names, are gone.
void make_clone(const vm::MachineState& source, const fs::path& destination, CloneRecord* record,
                Progress& progress) {
    const auto durability = source.machine.settings().durability;
    const fs::path folder = destination.parent_path();
    if (fs::symlink_status(folder).type() == fs::file_not_found) {
        const ClonePlan plan = plan_clone(source, destination, record);
        io::NewFolders new_folders{folder.parent_path()};
        io::NewFolderStaging staging{folder, durability};
        fill_and_publish(plan, source, record, new_folders.holders(), staging, progress);
        new_folders.keep();
        return;
    }
    const io::Lock destination_hold{destination, io::LockKind::Exclusive};
    io::Staging::remove_leftovers(destination);
    const ClonePlan plan = plan_clone(source, destination, record);
    check_destination_free(destination);
    check_folder_free(folder);
    io::Staging staging{destination, durability};
    fill_and_publish(plan, source, record, {}, staging, progress);
}

// The snapshot list of a linked clone: it names the parent, and the clone's own disks whose parents
// belong to another machine.
std::string linked_vmsd(const ClonePlan& plan, const std::string& parent) {
    std::vector<std::string> sentinels;
    for (const PlannedDisk& disk : plan.disks) {
        if (disk.linked) sentinels.push_back(disk.plan.descriptor_name);
    }
    vm::SnapshotTree tree;
    tree.set_clone_of(parent, sentinels);
    return tree.to_bytes();
}

ClonePlan plan_clone(const vm::MachineState& source, const fs::path& destination,
                     const CloneRecord* record) {
    const vm::Machine& machine = source.machine;
    ClonePlan plan;
    plan.vmx_name = destination.filename();
    plan.names.name = destination.stem().string();
    plan.names.nvram = source.nvram.has_value();
    plan_disks(source, destination, record, plan);
    if (record != nullptr) {
        plan.names.search_path = ".;" + record->named_by_clone(machine.folder());
        plan.vmsd = linked_vmsd(plan, record->named_by_clone(machine.path()));
    }
    plan.vmxf = clone_vmxf(source.vmxf, plan.vmx_name.string());
    const auto find = [&](const std::string& name) { return machine.find_at_path({name, name}); };
    plan.vmx = clone_config(machine, plan.names, find).to_bytes();
    return plan;
}

// The names of the disks in a folder, which may not exist, as clone_disk_name() compares them.
std::set<std::string> disks_in(const fs::path& folder) {
    std::set<std::string> found;
    if (!fs::is_directory(folder)) return found;
    for (const std::string& name : io::names_in(folder)) {
        const fs::path disk = name;
        if (!equal_ignoring_case(disk.extension().string(), ".vmdk")) continue;
        found.insert(fold_case(disk.stem().string()));
    }
    return found;
}

void plan_disks(const vm::MachineState& source, const fs::path& destination,
                const CloneRecord* record, ClonePlan& plan) {
    const vm::Machine& machine = source.machine;
    std::map<fs::path, std::string> copies;  // two nodes may use the same disk
    std::set<std::string> taken = disks_in(destination.parent_path());
    for (const vm::DiskDevice& device : source.disks) {
        const fs::path path = machine.find_disk(device);
        std::string& copy = copies[fs::canonical(path)];
        if (copy.empty()) {
            vm::Disk disk = vm::open_whole_disk(path, machine.search_folders(), machine.settings());
            const fs::path bare = vm::bare_name(device.file.name);
            const std::string name = clone_disk_name(bare.stem().string(), taken);
            // A snapshot does not freeze independent disks, so a clone cannot depend on them.
            const bool linked = record != nullptr && !device.independent;
            DiskPlan disk_plan = linked ? plan_child(disk, name, record->named_by_clone(path))
                                        : plan_disk(disk, name);
            copy = disk_plan.descriptor_name;
            plan.disks.push_back({std::move(disk), std::move(disk_plan), linked});
        }
        plan.names.disks[to_lower(device.node)] = copy;
    }
}

bool is_machine_file(const fs::path& path) {
    // Extensions of files by which a folder counts as holding a machine or leftovers of one.
    static constexpr std::string_view kExtensions[] = {".vmx",  ".vmxf", ".vmsd", ".vmsn",
                                                       ".vmss", ".vmem", ".nvram"};
    const std::string extension = to_lower(path.extension().string());
    return std::find(std::begin(kExtensions), std::end(kExtensions), extension) !=
           std::end(kExtensions);
}

// VMware's library also refuses a folder that holds only a leftover .nvram. Disks are no machine:
// Packer makes more disks for a clone before it clones.
void check_folder_free(const fs::path& folder) {
    for (const std::string& name : io::names_in(folder)) {
        if (is_machine_file(name)) {
            throw Error{VIX_E_SNAPSHOT_EXISTS,
                        "the folder " + folder.string() + " already contains " + name +
                            ", a file of a virtual machine. Make the clone in another folder"};
        }
    }
}

// Builds the clone in its staging folder and publishes it. `also`: what must be durable with it.
void fill_and_publish(const ClonePlan& plan, const vm::MachineState& source, CloneRecord* record,
                      const std::vector<fs::path>& also, io::StagingPlace& staging,
                      Progress& progress) {
    build_disks(plan, staging.folder(), source.machine.settings(), progress);
    write_configuration(plan, source, staging.folder());
    progress.checkpoint("staged");
    // The record is written while the sync runs. Its order does not matter, because a record
    // without a clone means nothing.
    staging.begin_sync(also);
    if (record != nullptr) record->write(progress);
    staging.finish_sync();
    progress.checkpoint("recorded");
    staging.publish(progress);
    if (record != nullptr) record->keep();
}

void build_disks(const ClonePlan& plan, const fs::path& folder, const vm::Settings& settings,
                 Progress& progress) {
    std::uint64_t bytes = 0;
    for (const PlannedDisk& disk : plan.disks) {
        if (!disk.linked) {
            bytes = checked_add(bytes, sectors_to_bytes(disk.source.capacity_sectors));
        }
    }
    progress.expect(bytes);
    for (const PlannedDisk& disk : plan.disks) {
        if (disk.linked) {
            build_empty_disk(disk.source, disk.plan, folder, progress);
        } else {
            build_disk(disk.source, disk.plan, folder, settings, progress);
        }
    }
}

void write_file(const fs::path& path, const std::string& text, unsigned permissions) {
    io::File file = io::File::create(path, permissions);
    file.write_at(0, io::as_bytes(text));
    file.finish(io::Durability::Unsynced);
}

void write_configuration(const ClonePlan& plan, const vm::MachineState& source,
                         const fs::path& folder) {
    constexpr unsigned kFirmwarePermissions = 0600;  // the same as at the first start
    const unsigned not_executable = source.permissions & 0666;
    const std::string& name = plan.names.name;
    const fs::path vmx = folder / plan.vmx_name;
    if (source.nvram) {
        write_file(folder / (name + ".nvram"), *source.nvram, source.nvram_permissions);
    }
    if (source.firmware_variables) {
        write_file(vm::firmware_variables_path(vmx), *source.firmware_variables,
                   kFirmwarePermissions);
    }
    write_file(folder / (name + ".vmsd"), plan.vmsd, not_executable);
    write_file(folder / (name + ".vmxf"), plan.vmxf, not_executable);
    write_file(vmx, plan.vmx, source.permissions);
}

}  // namespace
}  // namespace vix::ops
