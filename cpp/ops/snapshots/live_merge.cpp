#include "ops/snapshots/live_merge.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "base/text.h"
#include "io/files/file.h"
#include "io/files/folder.h"
#include "io/files/replacement.h"
#include "io/files/same_file.h"
#include "ops/snapshots/child_disks.h"
#include "ops/snapshots/merge.h"
#include "ops/snapshots/new_snapshot.h"
#include "vm/machine/config.h"
#include "vm/snapshots/machine_state.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

// Drops the copy and lets the machine continue, unless keep() was called. Outlives the replacement
// of the .vmx. If that could not be undone, the machine must not continue on disks that the .vmx
// does not name; then the next call on it finishes the copy.
class CopyGuard {
  public:
    CopyGuard(power::RunningMachine& running, ChildDisks& fresh, const fs::path& disk,
              const vm::Settings& settings)
        : running_{running}, fresh_{fresh}, disk_{disk}, settings_{settings} {}
    ~CopyGuard() {
        if (kept_) return;
        if (may_be_named()) {
            fresh_.keep();
            running_.stay_still();
            return;
        }
        running_.drop_copy();
        try {
            running_.go_on();
        } catch (...) {
            // The machine stays paused with its note, and the next call recovers.
        }
    }
    CopyGuard(const CopyGuard&) = delete;
    CopyGuard& operator=(const CopyGuard&) = delete;

    void keep() noexcept { kept_ = true; }

  private:
    bool may_be_named() const noexcept {
        try {
            const vm::Machine machine = vm::Machine::open(running_.vmx(), settings_);
            const auto disks = machine.disks();
            return std::any_of(disks.begin(), disks.end(), [&](const vm::DiskDevice& device) {
                return io::is_same_file(machine.find_disk(device), disk_);
            });
        } catch (...) {
            return true;
        }
    }

    power::RunningMachine& running_;
    ChildDisks& fresh_;
    fs::path disk_;
    const vm::Settings& settings_;
    bool kept_ = false;
};

// A guest that finds the host's file system full loses what it writes.
void require_room(const LiveMerge& merge, const vm::Settings& settings) {
    const std::uint64_t needed =
        merge.spare_bytes + io::allocated_bytes(former_files(merge, settings));
    const fs::path folder = merge.disk.chain.front().path.parent_path();
    boost::system::error_code error;
    const auto space = fs::space(folder, error);
    if (error || space.available >= needed) return;
    throw Error{VIX_E_DISK_FULL, folder.string() + " has no room for " + std::to_string(needed) +
                                     " bytes, only for " + std::to_string(space.available)};
}

vm::Disk without_upper(const vm::Disk& disk, std::size_t count) {
    vm::Disk lower = disk;
    lower.chain.erase(lower.chain.begin(), lower.chain.begin() + static_cast<long>(count));
    return lower;
}

}  // namespace

std::vector<fs::path> former_files(const LiveMerge& merge, const vm::Settings& settings) {
    std::vector<fs::path> files = files_of(merge.disk.chain[0], settings);
    for (const fs::path& file : files_of(merge.disk.chain[1], settings)) files.push_back(file);
    return files;
}

fs::path merge_while_running(power::RunningMachine& running, const LiveMerge& merge,
                             Pending& pending, const vm::Settings& settings, Progress& progress) {
    const vm::Machine machine = vm::Machine::open(running.vmx(), settings);
    require_room(merge, settings);
    const vm::DiskLink& parent = merge.disk.chain[1];
    const fs::path below = fs::canonical(merge.disk.chain[2].path);
    ChildDisks fresh;
    fresh.avoid(machine, merge.tree, io::names_in(machine.folder()));
    fresh.plan_instead(merge.device, machine, without_upper(merge.disk, 2));
    pending.add(fresh.files());
    pending.write();
    fresh.build(progress);
    fs::path disk =
        fs::canonical(merge.disk.chain.front().path.parent_path() /
                      fs::path{vm::bare_name(fresh.names().at(to_lower(merge.device.node)))});
    pending.add_made(fresh.files());
    pending.write();
    progress.checkpoint("the merged disk exists");
    copy_link(parent, disk, machine.search_folders(), settings, progress);
    progress.checkpoint("it has the parent's content");

    CopyGuard guard{running, fresh, disk, settings};
    running.begin_copy({to_lower(merge.device.node), disk, below}, progress);
    progress.checkpoint("it is almost up to date");
    // Leaves little to sync while the machine stands still.
    const bool synced = settings.durability == vm::Durability::Synced;
    std::vector<fs::path> to_sync = fresh.to_sync();
    to_sync.push_back(pending.path());
    if (synced) io::sync_all(to_sync);
    running.stand_still(power::GuestFiles::AsTheyAre);
    running.complete_copy();
    progress.checkpoint("it reads as the topmost one");
    merge.before_switching(disk);
    // Copying took a while; others may have changed the .vmx meanwhile.
    const auto now = vm::Config::read(running.vmx()).dictionary();
    io::UndoableReplacement vmx{running.vmx(), on_disks(now, fresh.names()).to_bytes()};
    if (synced) {
        to_sync.insert(to_sync.end(), {vmx.fresh(), running.vmx().parent_path()});
        io::sync_all(to_sync);
    }
    vmx.commit(settings.durability);
    progress.checkpoint("the machine is on its merged disk");
    const auto keep = [&] {
        vmx.keep();
        fresh.keep();
        guard.keep();
    };
    try {
        running.put_on_copy();
    } catch (const power::MayHaveGoneOver&) {
        keep();
        throw;
    }
    keep();
    return disk;
}

}  // namespace vix::ops
