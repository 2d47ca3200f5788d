#include "ops/clone/clone.h"

#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <map>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "io/files/folder.h"
#include "io/files/staging.h"
#include "io/locks/lock.h"
#include "ops/clone/clone_config.h"
#include "ops/disks/disk_build.h"
#include "ops/disks/disk_plan.h"
#include "ops/machine/machine_lock.h"
#include "ops/snapshots/snapshot.h"
#include "ops/snapshots/snapshot_list.h"
#include "vm/disks/disk.h"
#include "vm/disks/disk_modes.h"
#include "vm/disks/shared_disks.h"
#include "vm/machine/working_folder.h"
#include "vm/snapshots/machine_state.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

using io::File;
using vm::SnapshotTree;

// Extensions of files by which a folder counts as holding a machine or leftovers of one.
constexpr std::string_view kMachineFiles[] = {".vmx",  ".vmxf", ".vmsd", ".vmsn",
                                              ".vmss", ".vmem", ".nvram"};
// VMware's names for the snapshot that it takes for a linked clone.
constexpr const char* kCloneSnapshotName = "Clone";
constexpr const char* kCloneSnapshotDescription = "Created by clone operation.";

constexpr unsigned kFirmwarePermissions = 0600;  // the same as at the first start

enum class Kind { Full, Linked };

struct PlannedDisk {
    vm::Disk source;
    DiskPlan plan;
    bool linked = false;  // an empty child of the source
};

struct ClonePlan {
    CloneNames names;
    std::vector<PlannedDisk> disks;
    std::optional<std::string> nvram;
    unsigned nvram_permissions = 0600;
    std::string vmxf;
    std::optional<std::string> firmware_variables;
    std::string vmx;
    std::string vmsd;  // empty: a machine without snapshots
};

// Prevents others from running or changing the source in the meantime. A folder that cannot be
// written (permissions, a full or read-only file system) cannot be locked either; a full clone
// writes nothing there and goes on without the lock.
void hold_source(const fs::path& vmx, Progress& waiting, std::optional<io::Lock>& hold) {
    try {
        hold.emplace(vmx, io::LockKind::Shared, io::Patience{kPatience, &waiting});
    } catch (const Error& error) {
        const bool in_use =
            error.code() == VIX_E_FILE_ALREADY_LOCKED || error.code() == VIX_E_CANCELLED;
        if (in_use) throw;
    }
}

void check_destination_free(const fs::path& vmx) {
    if (fs::symlink_status(vmx).type() != fs::file_not_found) {
        throw Error{VIX_E_FILE_ALREADY_EXISTS, vmx.string() + " already exists"};
    }
}

bool is_machine_file(const fs::path& path) {
    const std::string extension = to_lower(path.extension().string());
    return std::find(std::begin(kMachineFiles), std::end(kMachineFiles), extension) !=
           std::end(kMachineFiles);
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

void check_writable(const fs::path& folder) {
    if (!fs::is_directory(folder)) throw system_error(ENOTDIR, "writing to", folder.string());
    if (access(folder.c_str(), W_OK) != 0) throw system_error(errno, "writing to", folder.string());
}

const vm::Snapshot& require_snapshot(const SnapshotTree& tree, int uid, const fs::path& vmx) {
    const vm::Snapshot* snapshot = tree.find(uid);
    if (snapshot == nullptr) {
        throw Error{VIX_E_SNAPSHOT_NOTFOUND,
                    vmx.string() + " has no snapshot with the id " + std::to_string(uid)};
    }
    if (snapshot->with_memory) {
        throw Error{VIX_E_VM_IS_RUNNING,
                    "the snapshot \"" + snapshot->display_name +
                        "\" has the memory of a running machine, so it cannot be cloned. Take a "
                        "snapshot without memory and clone that"};
    }
    return *snapshot;
}

vm::MachineState state_in(const SnapshotTree& tree, const vm::Machine& source,
                          const CloneRequest& request) {
    return vm::state_of_snapshot(source, require_snapshot(tree, *request.snapshot, request.source));
}

vm::MachineState state_to_clone(const vm::Machine& source, const CloneRequest& request) {
    if (!request.snapshot) return vm::present_state(source);
    return state_in(SnapshotTree::read(vm::snapshot_list_path(request.source)), source, request);
}

// Returns how a file of the clone names a file of the source: by absolute path, or by relative path
// if clone.links says so.
std::string link_to(const fs::path& target, const CloneRequest& request) {
    const fs::path folder = request.destination.parent_path();
    if (request.settings.clone_paths == vm::ClonePaths::Absolute) return target.string();
    return fs::relative(target, folder).string();
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

void plan_disks(const vm::MachineState& state, const CloneRequest& request, Kind kind,
                ClonePlan& plan) {
    const vm::Settings& settings = request.settings;
    std::map<fs::path, std::string> copies;  // two nodes may use the same disk
    std::set<std::string> taken = disks_in(request.destination.parent_path());
    for (const vm::DiskDevice& device : state.disks) {
        const fs::path path = state.machine.find_disk(device);
        std::string& copy = copies[fs::canonical(path)];
        if (copy.empty()) {
            vm::Disk disk = vm::open_whole_disk(path, state.machine.search_folders(), settings);
            const std::string name =
                clone_disk_name(fs::path{vm::bare_name(device.file.name)}.stem().string(), taken);
            // A snapshot does not freeze independent disks, so a clone cannot depend on them.
            const bool linked = kind == Kind::Linked && !vm::is_independent(state.machine, device);
            DiskPlan disk_plan =
                linked ? plan_child(disk, name, link_to(path, request)) : plan_disk(disk, name);
            copy = disk_plan.descriptor_name;
            plan.disks.push_back({std::move(disk), std::move(disk_plan), linked});
        }
        plan.names.disks[to_lower(device.node)] = copy;
    }
}

std::string linked_vmsd(const ClonePlan& plan, const CloneRequest& request) {
    std::vector<std::string> sentinels;
    for (const PlannedDisk& disk : plan.disks) {
        if (disk.linked) sentinels.push_back(disk.plan.descriptor_name);
    }
    SnapshotTree tree;
    tree.set_clone_of(link_to(request.source, request), sentinels);
    return tree.to_bytes();
}

ClonePlan plan_clone(const vm::MachineState& state, const CloneRequest& request, Kind kind) {
    ClonePlan plan;
    plan.names.name = request.destination.stem().string();
    plan_disks(state, request, kind, plan);
    plan.nvram = state.nvram;
    plan.nvram_permissions = state.nvram_permissions;
    plan.names.nvram = plan.nvram.has_value();
    plan.firmware_variables = state.firmware_variables;
    plan.vmxf = clone_vmxf(state.vmxf, request.destination.filename().string());
    if (kind == Kind::Linked) {
        plan.names.search_path = ".;" + link_to(request.source.parent_path(), request);
        plan.vmsd = linked_vmsd(plan, request);
    }
    const auto find = [&](const std::string& name) {
        return vm::find_file({name, name}, state.machine.folder(), {}, request.settings);
    };
    plan.vmx = clone_config(state.machine, plan.names, find).to_bytes();
    return plan;
}

void write_file(const fs::path& path, const std::string& text, unsigned permissions) {
    File file = File::create(path, permissions);
    file.write_at(0, io::as_bytes(text));
    file.finish(io::Durability::Unsynced);
}

void write_configuration(const ClonePlan& plan, const CloneRequest& request,
                         const fs::path& folder) {
    const unsigned permissions = io::permissions_of(request.source);
    const unsigned not_executable = permissions & 0666;
    const std::string& name = plan.names.name;
    if (plan.nvram) write_file(folder / (name + ".nvram"), *plan.nvram, plan.nvram_permissions);
    if (plan.firmware_variables) {
        write_file(vm::firmware_variables_path(folder / request.destination.filename()),
                   *plan.firmware_variables, kFirmwarePermissions);
    }
    write_file(folder / (name + ".vmsd"), plan.vmsd, not_executable);
    write_file(folder / (name + ".vmxf"), plan.vmxf, not_executable);
    write_file(folder / request.destination.filename(), plan.vmx, permissions);
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

std::string recorded_name(const CloneRequest& request) {
    if (request.settings.clone_paths == vm::ClonePaths::Absolute)
        return request.destination.string();
    return fs::relative(request.destination, request.source.parent_path()).string();
}

// True if the error means that the folder cannot be written, by this user or by anybody.
bool is_forbidden(const Error& error) {
    return error.code() == VIX_E_FILE_READ_ONLY || error.code() == VIX_E_FILE_ACCESS_ERROR;
}

// The record of a linked clone in its parent's snapshot list, written before the clone appears.
// Lives longer than the staging folder, so that it is removed only after the clone's files.
class CloneRecord {
  public:
    // `known`: the parent's snapshot list as the caller read it.
    CloneRecord(const CloneRequest& request, const vm::Config& parent, SnapshotTree known)
        : request_{request}, parent_{parent}, known_{std::move(known)} {}

    ~CloneRecord() {
        // A clone that could not be removed still needs its record.
        boost::system::error_code ignored;
        if (!written_ || kept_ || fs::exists(request_.destination, ignored)) return;
        try {
            Progress unhindered;
            SnapshotListChange undo{request_.source, unhindered, [&](SnapshotTree& tree) {
                                        return tree.remove_clone(recorded_name(request_));
                                    }};
            undo.commit(request_.settings.durability);
        } catch (...) {
            // A record without a clone means nothing, and the first error is the one to report.
        }
    }
    CloneRecord(const CloneRecord&) = delete;
    CloneRecord& operator=(const CloneRecord&) = delete;

    void write(Progress& waiting) {
        const auto add = [&](SnapshotTree& tree) {
            require_snapshot(tree, *request_.snapshot, request_.source);
            tree.add_clone(*request_.snapshot, recorded_name(request_));
            return true;
        };
        try {
            SnapshotListChange change{request_.source, waiting, add, std::move(known_)};
            written_ = true;  // also if only the sync in commit() fails
            change.commit(request_.settings.durability);
        } catch (const Error& error) {
            if (written_ || !is_forbidden(error)) throw;
            note_missing(error);
        }
    }

    void keep() noexcept { kept_ = true; }
    const std::vector<std::string>& notes() const { return notes_; }

  private:
    // VMware also requires a template here: the snapshots of a template cannot be removed.
    void note_missing(const Error& error) {
        if (!parent_.is_template()) {
            throw Error{error.code(), error.detail() +
                                          "; a parent that cannot be written must be a template "
                                          "(templateVM = \"TRUE\" in its .vmx)"};
        }
        notes_.push_back(request_.source.string() + " has no record of this clone (" +
                         error.detail() +
                         "); its snapshots are protected only while it is a template, and removing "
                         "the snapshot would destroy the clone");
    }

    const CloneRequest& request_;
    const vm::Config& parent_;
    std::vector<std::string> notes_;
    SnapshotTree known_;
    bool written_ = false;
    bool kept_ = false;
};

// Builds the clone in its staging folder and publishes it.
void fill_and_publish(const ClonePlan& plan, const CloneRequest& request, CloneRecord* record,
                      io::StagingPlace& staging, const std::vector<fs::path>& also,
                      Progress& progress) {
    build_disks(plan, staging.folder(), request.settings, progress);
    write_configuration(plan, request, staging.folder());
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

// Runs all steps from the check of the destination to the published clone. Other programs may use
// an existing folder, so the destination is locked in VMware's form. A new folder is still unknown
// to others and needs no lock. The names of the clone's disks are chosen only when the leftovers of
// a killed attempt, which may have the same names, are gone.
void make_clone(const vm::MachineState& state, const CloneRequest& request, Kind kind,
                CloneRecord* record, Progress& progress) {
    const auto durability = request.settings.durability;
    const fs::path folder = request.destination.parent_path();
    if (fs::symlink_status(folder).type() == fs::file_not_found) {
        const ClonePlan plan = plan_clone(state, request, kind);
        io::NewFolders new_folders{folder.parent_path()};
        io::NewFolderStaging staging{folder, durability};
        fill_and_publish(plan, request, record, staging, new_folders.holders(), progress);
        new_folders.keep();
        return;
    }
    const io::Lock destination_hold{request.destination, io::LockKind::Exclusive};
    io::Staging::remove_leftovers(request.destination);
    const ClonePlan plan = plan_clone(state, request, kind);
    check_destination_free(request.destination);
    check_folder_free(folder);
    io::Staging staging{request.destination, durability};
    fill_and_publish(plan, request, record, staging, {}, progress);
}

// A snapshot taken for one clone. It is removed unless that clone was made.
class SnapshotForClone {
  public:
    SnapshotForClone(const CloneRequest& request, Progress& progress)
        : request_{request},
          uid_{create_snapshot(
              {request.source, kCloneSnapshotName, kCloneSnapshotDescription, request.settings},
              progress)} {}

    ~SnapshotForClone() {
        if (kept_) return;
        try {
            Progress quiet;
            remove_snapshot(request_.source, uid_, RemoveChildren::No, request_.settings, quiet);
        } catch (...) {
            // The snapshot stays. A successful clone leaves it as well.
        }
    }
    SnapshotForClone(const SnapshotForClone&) = delete;
    SnapshotForClone& operator=(const SnapshotForClone&) = delete;

    int uid() const noexcept { return uid_; }
    void keep() noexcept { kept_ = true; }

  private:
    const CloneRequest& request_;
    int uid_;
    bool kept_ = false;
};

// A template on storage without locks or write access needs no hold: being a template protects its
// snapshots.
void hold_snapshots(const fs::path& vmx, Progress& waiting, std::optional<SnapshotHold>& hold) {
    try {
        hold.emplace(vmx, waiting);
    } catch (const Error& error) {
        if (!is_forbidden(error) || !vm::Config::read(vmx).is_template()) throw;
    }
}

// The hold stops every call of this library from removing the snapshot. Whatever VMware does to the
// machine in the meantime leaves the snapshot's disks unchanged.
std::vector<std::string> clone_linked_to(const CloneRequest& request, Progress& progress) {
    tidy_up_if_free(request.source, request.settings);
    std::optional<SnapshotHold> hold;
    hold_snapshots(request.source, progress, hold);
    const vm::Machine source = vm::Machine::open(request.source, request.settings);
    SnapshotTree tree = SnapshotTree::read(vm::snapshot_list_path(request.source));
    const vm::MachineState state = state_in(tree, source, request);
    CloneRecord record{request, source, std::move(tree)};
    make_clone(state, request, Kind::Linked, &record, progress);
    return record.notes();
}

// The clone would share the bus too, and write to disks that other machines write to.
void refuse_shared(const vm::Machine& source) {
    const auto sharing = vm::what_forbids_snapshots(source);
    if (!sharing) return;
    throw Error{VIX_E_SNAPSHOT_VERSION, source.path().string() + ": " + *sharing +
                                            " shares disks with other machines, so a linked clone "
                                            "is impossible. Make a full clone"};
}

// With clone.reuseSnapshot: returns the snapshot of an earlier linked clone, if the machine has not
// changed since.
std::optional<int> snapshot_to_reuse(const vm::Machine& source, const vm::Settings& settings) {
    if (!settings.reuse_snapshot) return std::nullopt;
    const SnapshotTree tree = SnapshotTree::read(vm::snapshot_list_path(source.path()));
    const vm::Snapshot* current = tree.find(tree.current());
    const bool ours = current != nullptr && !current->with_memory &&
                      current->description == kCloneSnapshotDescription;
    if (!ours || !is_unchanged_since(source, *current)) return std::nullopt;
    return current->uid;
}

}  // namespace

void clone_full(const CloneRequest& request, Progress& progress) {
    {
        const vm::Machine source = vm::Machine::open(request.source, request.settings);
        refuse_running(source);
        refuse_encrypted(source);
        vm::refuse_list_elsewhere(source);
        check_destination_free(request.destination);
    }
    tidy_up_if_free(request.source, request.settings);
    std::optional<io::Lock> source_hold;
    hold_source(request.source, progress, source_hold);
    const vm::Machine source = vm::Machine::open(request.source, request.settings);
    const vm::MachineState state = state_to_clone(source, request);
    if (!request.snapshot) vm::refuse_redo_logs(source);
    make_clone(state, request, Kind::Full, nullptr, progress);
}

std::vector<std::string> clone_linked(const CloneRequest& request, Progress& progress) {
    const vm::Machine source = vm::Machine::open(request.source, request.settings);
    if (source.is_suspended()) {
        throw Error{VIX_E_VM_IS_RUNNING,
                    request.source.string() +
                        " is suspended, and its memory belongs to the current content of its "
                        "disks. Resume it and shut it down, then make the linked clone"};
    }
    if (!request.snapshot) refuse_running(source);
    refuse_encrypted(source);
    refuse_shared(source);
    vm::refuse_list_elsewhere(source);
    check_destination_free(request.destination);
    CloneRequest from_snapshot = request;
    if (!request.snapshot) from_snapshot.snapshot = snapshot_to_reuse(source, request.settings);
    if (from_snapshot.snapshot) return clone_linked_to(from_snapshot, progress);

    // Check the folder before taking a snapshot that a failure would have to remove.
    const fs::path folder = request.destination.parent_path();
    const bool left_over = fs::exists(io::Staging::folder_for(request.destination));
    if (!left_over && fs::is_directory(folder)) check_folder_free(folder);
    if (fs::exists(folder)) {
        check_writable(folder);
    } else {
        const io::NewFolders probe{folder};  // checks that the folder can be made, and removes it
    }
    SnapshotForClone snapshot{request, progress};
    from_snapshot.snapshot = snapshot.uid();
    auto notes = clone_linked_to(from_snapshot, progress);
    snapshot.keep();
    return notes;
}

}  // namespace vix::ops
