// Calls on a disk by itself, for vmware-vdiskmanager. They are no part of VIX.
#include "api/calls/call.h"
#include "api/calls/call_row.h"
#include "api/calls/text_argument.h"
#include "base/error.h"
#include "base/text.h"
#include "host/local/inventory.h"
#include "ops/disks/disk_rename.h"
#include "ops/disks/disk_repair.h"
#include "ops/disks/disk_rewrite.h"
#include "ops/disks/new_disk.h"

namespace vix::api {
namespace {

boost::filesystem::path disk_path(const Call& call, const std::string& path, const char* name) {
    require_path(path, name);
    return call.resolve(path);
}

ops::DiskLayout layout_of(int type) {
    if (type >= static_cast<int>(ops::DiskLayout::MonolithicSparse) &&
        type <= static_cast<int>(ops::DiskLayout::EsxThin)) {
        return static_cast<ops::DiskLayout>(type);
    }
    throw_bad_argument("diskType must be from 0 to 6, not " + std::to_string(type));
}

std::string adapter_of(const std::string& adapter) {
    for (const char* known : {"ide", "buslogic", "lsilogic"}) {
        if (equal_ignoring_case(adapter, known)) return known;
    }
    throw_bad_argument("adapterType must be ide, buslogic or lsilogic, not \"" + adapter + "\"");
}

void disk_create(Call& call, const std::string& path, std::int64_t sectors,
                 const std::string& adapter, int type) {
    const auto disk = disk_path(call, path, "diskPath");
    require_text(adapter, "adapterType");
    const auto capacity = sectors < 0 ? std::uint64_t{0} : static_cast<std::uint64_t>(sectors);
    ops::create_disk(disk, {capacity, adapter_of(adapter)}, layout_of(type), call.settings(),
                     call.progress());
}

void disk_convert(Call& call, const std::string& source, const std::string& path, int type) {
    const auto from = disk_path(call, source, "sourcePath");
    const auto disk = disk_path(call, path, "diskPath");
    ops::convert_disk(from, disk, layout_of(type), call.settings(), call.progress());
}

ops::DiskAt disk_at(const Call& call, const std::string& path) {
    ops::DiskAt disk{disk_path(call, path, "diskPath"), {}, call.settings()};
    for (const std::string& vmx : host::registered_machines(call.settings())) {
        // A path on a drive that is not mapped leads nowhere.
        if (!vmx.empty() && vmx.front() == '/') disk.machines.emplace_back(vmx);
    }
    return disk;
}

void disk_grow(Call& call, const std::string& path, std::int64_t sectors) {
    const auto capacity = sectors < 0 ? std::uint64_t{0} : static_cast<std::uint64_t>(sectors);
    ops::grow_disk(disk_at(call, path), capacity, call.progress());
}

void disk_defragment(Call& call, const std::string& path) {
    ops::defragment_disk(disk_at(call, path), call.progress());
}

void disk_shrink(Call& call, const std::string& path) {
    ops::shrink_disk(disk_at(call, path), call.progress());
}

void disk_rename(Call& call, const std::string& path, const std::string& new_path) {
    const auto to = disk_path(call, new_path, "newPath");
    ops::rename_disk(disk_at(call, path), to, call.progress());
}

void disk_check_chain(Call& call, const std::string& path) {
    ops::check_chain(disk_path(call, path, "diskPath"), call.settings());
}

void disk_repair(Call& call, const std::string& path) {
    const ops::DiskAt disk = disk_at(call, path);
    if (ops::repair_disk(disk, call.progress())) call.note(disk.path.string() + " was repaired");
}

void disk_delete(Call& call, const std::string& path) {
    ops::delete_disk(disk_at(call, path), call.progress());
}

void disk_make_deletable(Call& call, const std::string& path) {
    ops::make_deletable(disk_at(call, path), call.progress());
}

constexpr CallRow kDiskCalls[] = {
    call_row<disk_create>(
        {"Disk", nullptr, "Disk::Create", "diskPath, capacityInSectors, adapterType, diskType"}),
    call_row<disk_convert>({"Disk", nullptr, "Disk::Convert", "sourcePath, diskPath, diskType"}),
    call_row<disk_grow>({"Disk", nullptr, "Disk::Grow", "diskPath, capacityInSectors"}),
    call_row<disk_defragment>({"Disk", nullptr, "Disk::Defragment", "diskPath"}),
    call_row<disk_shrink>({"Disk", nullptr, "Disk::Shrink", "diskPath"}),
    call_row<disk_rename>({"Disk", nullptr, "Disk::Rename", "diskPath, newPath"}),
    call_row<disk_check_chain>({"Disk", nullptr, "Disk::CheckChain", "diskPath"}),
    call_row<disk_repair>({"Disk", nullptr, "Disk::Repair", "diskPath"}),
    call_row<disk_delete>({"Disk", nullptr, "Disk::Delete", "diskPath"}),
    call_row<disk_make_deletable>({"Disk", nullptr, "Disk::MakeDeletable", "diskPath"}),
};

}  // namespace

std::span<const CallRow> disk_calls() {
    return kDiskCalls;
}

}  // namespace vix::api
