#include "ops/disks/new_disk.h"

#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "io/files/staging.h"
#include "io/locks/lock.h"
#include "ops/disks/disk_build.h"
#include "ops/disks/disk_hold.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

void require_free(const fs::path& file) {
    if (fs::symlink_status(file).type() == fs::file_not_found) return;
    throw Error{VIX_E_FILE_ALREADY_EXISTS, file.string() + " exists already"};
}

void make_disk(const vm::Disk& source, const DiskPlan& plan, const fs::path& path,
               const vm::Settings& settings, Progress& progress) {
    const io::Lock hold{path, io::LockKind::Exclusive};
    io::Staging::remove_leftovers(path);
    require_free(path);
    for (const ExtentPlan& extent : plan.extents)
        require_free(path.parent_path() / extent.file_name);
    io::Staging staging{path, settings.durability};
    progress.expect(sectors_to_bytes(source.capacity_sectors));
    build_compact_disk(source, plan, staging.folder(), settings, progress);
    progress.checkpoint("staged");
    staging.begin_sync({});
    staging.finish_sync();
    staging.publish(progress);
}

}  // namespace

void require_capacity(std::uint64_t sectors, const std::string& adapter) {
    const bool buslogic = equal_ignoring_case(adapter, "buslogic");
    const std::uint64_t most = buslogic ? kMostBuslogicCapacity : kMostCapacity;
    if (sectors >= kLeastCapacity && sectors <= most) return;
    throw Error{VIX_E_INVALID_ARG, "a disk has from 2048 to " + std::to_string(most) +
                                       " sectors, not " + std::to_string(sectors)};
}

void require_disk_name(const fs::path& path) {
    const std::string name = path.filename().string();
    const bool fits = name.find_first_of("\"\r\n") == std::string::npos && is_utf8(name) &&
                      to_lower(path.extension().string()) == ".vmdk" && !path.stem().empty();
    if (fits) return;
    throw Error{VIX_E_INVALID_ARG,
                path.string() + ": the name of a disk ends in .vmdk and has no quotes"};
}

void create_disk(const fs::path& path, const NewDisk& disk, DiskLayout layout,
                 const vm::Settings& settings, Progress& progress) {
    require_disk_name(path);
    require_capacity(disk.capacity_sectors, disk.adapter);
    const vm::Disk blank = blank_disk(disk);
    make_disk(blank, plan_in_layout(blank, path.stem().string(), layout), path, settings, progress);
}

void convert_disk(const fs::path& source, const fs::path& path, DiskLayout layout,
                  const vm::Settings& settings, Progress& progress) {
    require_disk_name(path);
    require_free(path);
    const DiskReadHold hold{source, settings, progress};
    const DiskPlan plan = plan_in_layout(hold.disk(), path.stem().string(), layout);
    make_disk(hold.disk(), plan, path, settings, progress);
}

}  // namespace vix::ops
