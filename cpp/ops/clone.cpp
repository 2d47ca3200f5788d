#include "ops/clone.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "io/lock.h"
#include "io/staging.h"
#include "io/transfer.h"
#include "ops/clone_config.h"
#include "ops/disk_build.h"
#include "ops/disk_plan.h"
#include "vm/disk.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

using io::File;

// What marks a folder as one that already holds a virtual machine, or what is left of one.
constexpr std::string_view kMachineFiles[] = {".vmx",  ".vmxf", ".vmdk", ".vmsd",
                                              ".vmsn", ".vmss", ".vmem", ".nvram"};
constexpr std::string_view kNvramMagic = "MRVN";
constexpr std::uint64_t kVmxfLimit = std::uint64_t{1} << 20;

struct PlannedDisk {
    vm::Disk source;
    DiskPlan plan;
};

struct ClonePlan {
    CloneNames names;
    std::vector<PlannedDisk> disks;
    std::shared_ptr<const File> nvram;  // of the source, if it has one
    std::string vmxf;
    std::string vmx;
};

// Keeps others from running or changing the source meanwhile. A folder that cannot be written to
// (rights, a full or read-only file system) cannot be locked, and a full clone needs nothing there.
void hold_source(const fs::path& vmx, std::optional<io::Lock>& hold) {
    try {
        hold.emplace(vmx, io::LockKind::Shared);
    } catch (const Error& error) {
        if (error.code() == VIX_E_FILE_ALREADY_LOCKED) {
            throw Error{VIX_E_VM_IS_RUNNING, error.detail()};
        }
    }
}

void check_state(const vm::Config& source, const vm::Settings& settings) {
    if (const auto holder = vm::running_mark(source, settings)) {
        throw Error{VIX_E_VM_IS_RUNNING, source.path().string() + " is in use: " + *holder};
    }
    if (source.is_encrypted()) {
        throw Error{VIX_E_NEED_KEY,
                    source.path().string() + " is encrypted; only its owner's password opens it"};
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

// The key can name any file of the host; one that is not the machine's own must at least be an
// nvram.
std::shared_ptr<const File> open_nvram(const vm::Config& source, const vm::Settings& settings) {
    const auto path = source.companion("nvram", ".nvram", settings);
    if (!path) return nullptr;
    auto file = std::make_shared<File>(File::open(*path, io::Links::Refuse));
    std::string magic(std::min<std::uint64_t>(file->size(), kNvramMagic.size()), '\0');
    file->read_at(0, std::as_writable_bytes(std::span{magic}));
    const bool own = fs::canonical(path->parent_path()) == fs::canonical(source.folder());
    if (!own && magic != kNvramMagic) {
        throw Error{VIX_E_FILE_ACCESS_ERROR, path->string() + " is named as nvram but is none"};
    }
    return file;
}

std::string read_vmxf(const vm::Config& source, const vm::Settings& settings) {
    const auto path = source.companion("extendedConfigFile", ".vmxf", settings);
    const bool own = path && fs::canonical(path->parent_path()) == fs::canonical(source.folder());
    if (!own || !fs::is_regular_file(fs::symlink_status(*path))) return {};
    if (fs::file_size(*path) > kVmxfLimit) return {};
    return io::read_text(*path, kVmxfLimit, io::Links::Refuse);
}

fs::path find_disk(const vm::DiskDevice& device, const vm::Config& source,
                   const vm::Settings& settings) {
    const auto path =
        vm::find_file(device.file, source.folder(), source.search_folders(settings), settings);
    if (path) return *path;
    throw Error{VIX_E_FILE_NOT_FOUND, "the disk " + device.file.name + " of " + device.node +
                                          " was not found from " + source.folder().string()};
}

void plan_disks(const vm::Config& source, const vm::Settings& settings, ClonePlan& plan) {
    std::map<io::FileIdentity, std::string> copies;  // two nodes may share one disk
    std::set<std::string> taken;
    for (const vm::DiskDevice& device : source.disks()) {
        const fs::path path = find_disk(device, source, settings);
        vm::Disk disk = vm::open_disk(path, source.search_folders(settings), settings);
        std::string& copy = copies[disk.chain.front().identity];
        if (copy.empty()) {
            const std::string stem = fs::path{device.file.name}.stem().string();
            const auto separator = stem.find_last_of('\\');
            const std::string bare =
                separator == std::string::npos ? stem : stem.substr(separator + 1);
            DiskPlan disk_plan = plan_disk(disk, clone_disk_name(bare, taken));
            copy = disk_plan.descriptor_name;
            plan.disks.push_back({std::move(disk), std::move(disk_plan)});
        }
        plan.names.disks[to_lower(device.node)] = copy;
    }
}

ClonePlan plan_clone(const vm::Config& source, const CloneRequest& request) {
    ClonePlan plan;
    plan.names.name = request.destination.stem().string();
    plan_disks(source, request.settings, plan);
    plan.nvram = open_nvram(source, request.settings);
    plan.names.nvram = plan.nvram != nullptr;
    plan.vmxf =
        clone_vmxf(read_vmxf(source, request.settings), request.destination.filename().string());
    const auto find = [&](const std::string& name) {
        return vm::find_file({name, name}, source.folder(), {}, request.settings);
    };
    plan.vmx = clone_config(source, plan.names, find).to_bytes();
    return plan;
}

void write_file(const fs::path& path, const std::string& text, unsigned permissions) {
    File file = File::create(path, permissions);
    file.write_at(0, io::as_bytes(text));
}

void copy_nvram(const ClonePlan& plan, const fs::path& folder, const vm::Settings& settings,
                Progress& progress) {
    if (!plan.nvram) return;
    const auto copy = std::make_shared<File>(File::create(folder / (plan.names.name + ".nvram"),
                                                          io::permissions_of(plan.nvram->path())));
    io::Transfer transfer{progress, settings.durability};
    transfer.copy_whole(plan.nvram, copy);
    transfer.finish();
}

// A clone starts without snapshots: the empty .vmsd that a new machine has.
void write_configuration(const ClonePlan& plan, const CloneRequest& request,
                         const fs::path& folder) {
    const unsigned permissions = io::permissions_of(request.source);
    const unsigned not_executable = permissions & 0666;
    write_file(folder / (plan.names.name + ".vmsd"), "", not_executable);
    write_file(folder / (plan.names.name + ".vmxf"), plan.vmxf, not_executable);
    write_file(folder / request.destination.filename(), plan.vmx, permissions);
}

std::uint64_t bytes_to_copy(const ClonePlan& plan) {
    std::uint64_t bytes = 0;
    for (const PlannedDisk& disk : plan.disks) {
        bytes = checked_add(bytes, sectors_to_bytes(disk.source.capacity_sectors));
    }
    return bytes;
}

}  // namespace

void clone_full(const CloneRequest& request, Progress& progress) {
    check_state(vm::Config::read(request.source), request.settings);
    check_destination_free(request.destination);

    std::optional<io::Lock> source_hold;
    hold_source(request.source, source_hold);
    const vm::Config source = vm::Config::read(request.source);
    const ClonePlan plan = plan_clone(source, request);

    const fs::path folder = request.destination.parent_path();
    io::NewFolders new_folders{folder};
    const io::Lock destination_hold{request.destination, io::LockKind::Exclusive};
    io::Staging::remove_leftovers(request.destination);
    check_destination_free(request.destination);
    check_folder_free(folder);

    io::Staging staging{request.destination, request.settings.durability};
    progress.expect(bytes_to_copy(plan));
    for (const PlannedDisk& disk : plan.disks) {
        build_disk(disk.source, disk.plan, staging.folder(), request.settings, progress);
    }
    copy_nvram(plan, staging.folder(), request.settings, progress);
    write_configuration(plan, request, staging.folder());
    staging.publish(new_folders.holders(), progress);
    new_folders.keep();
}

}  // namespace vix::ops
