// Calls on a disk by itself, for vmware-vdiskmanager. They are no part of VIX.
#include "api/call.h"
#include "api/call_row.h"
#include "api/open_machine.h"
#include "api/text_argument.h"
#include "base/error.h"
#include "base/text.h"
#include "ops/new_disk.h"

namespace vix::api {
namespace {

boost::filesystem::path disk_path(const Call& call, const std::string& path, const char* name) {
    require_path(path, name);
    return resolve_path(call, path);
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

constexpr CallRow kCalls[] = {
    call_row<disk_create>(
        {"Disk", nullptr, "Disk::Create", "diskPath, capacityInSectors, adapterType, diskType"}),
    call_row<disk_convert>({"Disk", nullptr, "Disk::Convert", "sourcePath, diskPath, diskType"}),
};

}  // namespace

std::span<const CallRow> disk_calls() {
    return kCalls;
}

}  // namespace vix::api
