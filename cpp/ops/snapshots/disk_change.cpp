#include "ops/snapshots/disk_change.h"

#include <algorithm>

#include "io/files/file.h"
#include "io/files/replacement.h"
#include "power/running_machine.h"

namespace fs = boost::filesystem;

namespace vix::ops {

void ChangeOfDisks::begin() {
    pending_.add(children_.files());
    for (const fs::path& disk : children_.parents()) pending_.add_merge(disk);
    pending_.write();
}

void ChangeOfDisks::commit(const format::Dictionary& config, const vm::SnapshotTree& tree,
                           std::vector<fs::path> also, Progress& progress, const GoOver& go_over) {
    io::UndoableReplacement vmx{machine_.path(), config.to_bytes()};
    io::Replacement list{machine_.snapshot_list_path(), tree.to_bytes()};
    also.insert(also.end(), {pending_.path(), vmx.fresh(), list.fresh(), machine_.folder()});
    sync_with_children(std::move(also));
    progress.checkpoint("children are there");
    vmx.commit(machine_.settings().durability);
    progress.checkpoint("the machine is on its new disks");
    progress.point_of_no_return();
    const auto keep = [&] {
        vmx.keep();
        children_.keep();
    };
    if (go_over) {
        try {
            go_over();
        } catch (const power::MayHaveGoneOver&) {
            keep();
            throw;
        }
        keep();
        progress.checkpoint("what runs is on its new disks");
    }
    list.commit(vm::Durability::Unsynced);
    keep();
    if (is_synced()) io::sync_all({machine_.folder()});
}

void ChangeOfDisks::sync_with_children(std::vector<fs::path> paths) {
    if (!is_synced()) return;
    for (const fs::path& path : children_.to_sync()) paths.push_back(path);
    std::sort(paths.begin(), paths.end());
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
    io::sync_all(paths);
}

}  // namespace vix::ops
