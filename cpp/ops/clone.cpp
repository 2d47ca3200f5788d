#include "ops/clone.h"

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
#include "io/lock.h"
#include "io/staging.h"
#include "ops/clone_config.h"
#include "ops/disk_build.h"
#include "ops/disk_plan.h"
#include "ops/machine_lock.h"
#include "ops/snapshot.h"
#include "ops/snapshot_list.h"
#include "vm/disk.h"
#include "vm/machine_state.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

using io::File;
using vm::SnapshotTree;

// What marks a folder as one that already holds a virtual machine, or what is left of one.
constexpr std::string_view kMachineFiles[] = {".vmx",  ".vmxf", ".vmdk", ".vmsd",
                                              ".vmsn", ".vmss", ".vmem", ".nvram"};
// What VMware calls the snapshot that it makes for a linked clone.
constexpr const char* kCloneSnapshotName = "Clone";
constexpr const char* kCloneSnapshotDescription = "Created by clone operation.";

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
    std::string vmx;
    std::string vmsd;  // empty: a machine without snapshots
};

// Keeps others from running or changing the source meanwhile. A folder that cannot be written to
// (rights, a full or read-only file system) cannot be locked, and a full clone needs nothing there.
void hold_source(const fs::path& vmx, std::optional<io::Lock>& hold) {
    try {
        hold.emplace(vmx, io::LockKind::Shared, kPatience);
    } catch (const Error& error) {
        if (error.code() == VIX_E_FILE_ALREADY_LOCKED) throw;
    }
}

void check_destination_free(const fs::path& vmx) {
    if (fs::symlink_status(vmx).type() != fs::file_not_found) {
        throw Error{VIX_E_FILE_ALREADY_EXISTS, vmx.string() + " exists already"};
    }
}

bool is_machine_file(const fs::path& path) {
    const std::string extension = to_lower(path.extension().string());
    return std::find(std::begin(kMachineFiles), std::end(kMachineFiles), extension) !=
           std::end(kMachineFiles);
}

// VMware's library, too, refuses a folder with as little as a left-over .nvram.
void check_folder_free(const fs::path& folder) {
    for (const auto& entry : fs::directory_iterator{folder}) {
        if (is_machine_file(entry.path())) {
            throw Error{VIX_E_SNAPSHOT_EXISTS, "the folder " + folder.string() + " already holds " +
                                                   entry.path().filename().string()};
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
        throw Error{VIX_E_VM_IS_RUNNING, "the snapshot \"" + snapshot->display_name +
                                             "\" holds the memory of a running machine"};
    }
    return *snapshot;
}

vm::MachineState state_to_clone(const vm::Config& source, const CloneRequest& request) {
    if (!request.snapshot) return vm::present_state(source, request.settings);
    const SnapshotTree tree = SnapshotTree::read(vm::snapshot_list_path(request.source));
    return vm::state_of_snapshot(source, require_snapshot(tree, *request.snapshot, request.source),
                                 request.settings);
}

// What a file of the clone calls one of the source: its absolute path, or, as set, the way there.
std::string link_to(const fs::path& target, const CloneRequest& request) {
    const fs::path folder = request.destination.parent_path();
    if (request.settings.links == vm::Links::Absolute) return target.string();
    return fs::relative(target, folder).string();
}

std::string bare_stem(const std::string& file_name) {
    const auto separator = file_name.find_last_of("/\\");
    return fs::path{separator == std::string::npos ? file_name : file_name.substr(separator + 1)}
        .stem()
        .string();
}

void plan_disks(const vm::MachineState& state, const CloneRequest& request, Kind kind,
                ClonePlan& plan) {
    const vm::Settings& settings = request.settings;
    std::map<fs::path, std::string> copies;  // two nodes may share one disk
    std::set<std::string> taken;
    for (const vm::DiskDevice& device : state.disks) {
        const fs::path path = vm::find_disk(device, state.config, settings);
        std::string& copy = copies[fs::canonical(path)];
        if (copy.empty()) {
            vm::Disk disk =
                vm::open_whole_disk(path, state.config.search_folders(settings), settings);
            const std::string name = clone_disk_name(bare_stem(device.file.name), taken);
            // A snapshot does not hold independent disks: nothing frozen is there to stand on.
            const bool linked = kind == Kind::Linked && !vm::is_independent(state.config, device);
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
    plan.vmxf = clone_vmxf(state.vmxf, request.destination.filename().string());
    if (kind == Kind::Linked) {
        plan.names.search_path = ".;" + link_to(request.source.parent_path(), request);
        plan.vmsd = linked_vmsd(plan, request);
    }
    const auto find = [&](const std::string& name) {
        return vm::find_file({name, name}, state.config.folder(), {}, request.settings);
    };
    plan.vmx = clone_config(state.config, plan.names, find).to_bytes();
    return plan;
}

void write_file(const fs::path& path, const std::string& text, unsigned permissions) {
    File file = File::create(path, permissions);
    file.write_at(0, io::as_bytes(text));
}

void write_configuration(const ClonePlan& plan, const CloneRequest& request,
                         const fs::path& folder) {
    const unsigned permissions = io::permissions_of(request.source);
    const unsigned not_executable = permissions & 0666;
    const std::string& name = plan.names.name;
    if (plan.nvram) write_file(folder / (name + ".nvram"), *plan.nvram, plan.nvram_permissions);
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
    if (request.settings.links == vm::Links::Absolute) return request.destination.string();
    return fs::relative(request.destination, request.source.parent_path()).string();
}

// The record of a linked clone in its parent's list of snapshots. Made ready with the clone's
// files, written before the clone is published. Outlives the staging place, so that it goes only
// after the clone has gone.
class CloneRecord {
  public:
    explicit CloneRecord(const CloneRequest& request) : request_{request} {}

    ~CloneRecord() {
        // A clone that is there, because it could not be taken back, needs its record.
        boost::system::error_code ignored;
        if (!written_ || kept_ || fs::exists(request_.destination, ignored)) return;
        try {
            change_.reset();
            SnapshotListChange undo{request_.source, [&](SnapshotTree& tree) {
                                        return tree.remove_clone(recorded_name(request_));
                                    }};
            const auto durability = request_.settings.durability;
            if (undo.fresh() && durability == vm::Durability::Synced) {
                io::sync_all({*undo.fresh()});
            }
            undo.commit(durability);
        } catch (...) {
            // A record without a clone means nothing; the first error tells more.
        }
    }
    CloneRecord(const CloneRecord&) = delete;
    CloneRecord& operator=(const CloneRecord&) = delete;

    // Takes the list for itself; gives what must last before write().
    fs::path prepare() {
        change_.emplace(request_.source, [&](SnapshotTree& tree) {
            require_snapshot(tree, *request_.snapshot, request_.source);
            tree.add_clone(*request_.snapshot, recorded_name(request_));
            return true;
        });
        return *change_->fresh();
    }

    void write() {
        written_ = true;  // also when only waiting for it to last fails
        change_->commit(request_.settings.durability);
        change_.reset();  // lets others at the list
    }

    void keep() noexcept { kept_ = true; }

  private:
    const CloneRequest& request_;
    std::optional<SnapshotListChange> change_;
    bool written_ = false;
    bool kept_ = false;
};

// Builds the clone in its staging place and publishes it.
void fill_and_publish(const ClonePlan& plan, const CloneRequest& request, CloneRecord* record,
                      io::StagingPlace& staging, std::vector<fs::path> also, Progress& progress) {
    build_disks(plan, staging.folder(), request.settings, progress);
    write_configuration(plan, request, staging.folder());
    if (record != nullptr) also.push_back(record->prepare());
    staging.sync(also);
    progress.checkpoint("staged");
    if (record != nullptr) record->write();
    progress.checkpoint("recorded");
    staging.publish(progress);
    if (record != nullptr) record->keep();
}

// Everything from the free destination to the published clone. A folder that is there already may
// be anybody's, so the destination is locked in VMware's form; one that is made is nobody's yet.
void make_clone(const ClonePlan& plan, const CloneRequest& request, CloneRecord* record,
                Progress& progress) {
    const auto durability = request.settings.durability;
    const fs::path folder = request.destination.parent_path();
    if (fs::symlink_status(folder).type() == fs::file_not_found) {
        io::NewFolders new_folders{folder.parent_path()};
        io::NewFolderStaging staging{folder, durability};
        fill_and_publish(plan, request, record, staging, new_folders.holders(), progress);
        new_folders.keep();
        return;
    }
    const io::Lock destination_hold{request.destination, io::LockKind::Exclusive};
    io::Staging::remove_leftovers(request.destination);
    check_destination_free(request.destination);
    check_folder_free(folder);
    io::Staging staging{request.destination, durability};
    fill_and_publish(plan, request, record, staging, {}, progress);
}

// A snapshot that is there for one clone: removed again unless that clone came about.
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
            // It stays: no more than what a clone that succeeds leaves behind, too.
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

// While it is held nobody of ours removes the snapshot. What VMware does to the machine meanwhile
// does not touch the snapshot's disks.
void clone_linked_to(const CloneRequest& request, Progress& progress) {
    const SnapshotHold hold{request.source};
    const vm::Config source = vm::Config::read(request.source);
    const vm::MachineState state = state_to_clone(source, request);
    CloneRecord record{request};
    make_clone(plan_clone(state, request, Kind::Linked), request, &record, progress);
}

// The snapshot that an earlier linked clone made, if the machine has not changed since: asked for
// by the setting clone.reuseSnapshot.
std::optional<int> snapshot_to_reuse(const vm::Config& source, const vm::Settings& settings) {
    if (!settings.reuse_snapshot) return std::nullopt;
    const SnapshotTree tree = SnapshotTree::read(vm::snapshot_list_path(source.path()));
    const vm::Snapshot* current = tree.find(tree.current());
    const bool ours = current != nullptr && !current->with_memory &&
                      current->description == kCloneSnapshotDescription;
    if (!ours || !is_unchanged_since(source, *current, settings)) return std::nullopt;
    return current->uid;
}

}  // namespace

void clone_full(const CloneRequest& request, Progress& progress) {
    {
        const vm::Config source = vm::Config::read(request.source);
        refuse_running(source, request.settings);
        refuse_encrypted(source);
        check_destination_free(request.destination);
    }
    std::optional<io::Lock> source_hold;
    hold_source(request.source, source_hold);
    const vm::Config source = vm::Config::read(request.source);
    const vm::MachineState state = state_to_clone(source, request);
    make_clone(plan_clone(state, request, Kind::Full), request, nullptr, progress);
}

void clone_linked(const CloneRequest& request, Progress& progress) {
    const vm::Config source = vm::Config::read(request.source);
    if (source.is_suspended()) {
        throw Error{VIX_E_VM_IS_RUNNING,
                    request.source.string() + " is suspended; its memory belongs to its disks"};
    }
    if (!request.snapshot) refuse_running(source, request.settings);
    refuse_encrypted(source);
    check_destination_free(request.destination);
    CloneRequest from_snapshot = request;
    if (!request.snapshot) from_snapshot.snapshot = snapshot_to_reuse(source, request.settings);
    if (from_snapshot.snapshot) return clone_linked_to(from_snapshot, progress);

    // Before a snapshot is made that would have to go again.
    const fs::path folder = request.destination.parent_path();
    const bool left_over = fs::exists(io::Staging::folder_for(request.destination));
    if (!left_over && fs::is_directory(folder)) check_folder_free(folder);
    if (fs::exists(folder)) {
        check_writable(folder);
    } else {
        const io::NewFolders probe{folder};  // can be made; gone again at once
    }
    SnapshotForClone snapshot{request, progress};
    from_snapshot.snapshot = snapshot.uid();
    clone_linked_to(from_snapshot, progress);
    snapshot.keep();
}

}  // namespace vix::ops
