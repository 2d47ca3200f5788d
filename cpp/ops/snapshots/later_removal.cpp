#include "ops/snapshots/later_removal.h"

#include <algorithm>

#include "io/files/file_system.h"
#include "io/files/replacement.h"
#include "vm/snapshots/linked_clones.h"
#include "vm/snapshots/snapshot_tree.h"

namespace vix::ops {
namespace {

using vm::AwaitedClone;
using vm::Snapshot;

// The clones of one record, of which at most one is alive.
std::vector<vm::LiveClone> live_clone_of(const vm::Machine& machine, Snapshot snapshot,
                                         const std::string& recorded) {
    snapshot.clones = {recorded};
    return vm::live_clones(machine, snapshot);
}

// What the mark lists; empty if no clone depends on the snapshot, or one cannot be recognised.
std::vector<AwaitedClone> awaited_clones(const vm::Machine& machine, const Snapshot& snapshot,
                                         std::string& first) {
    std::vector<AwaitedClone> awaited;
    bool any = false;
    for (const std::string& recorded : snapshot.clones) {
        const auto live = live_clone_of(machine, snapshot, recorded);
        if (live.empty()) {
            awaited.push_back({recorded, {}});
            continue;
        }
        const std::string place = io::file_system_of(live.front().vmx.parent_path());
        if (place.empty()) return {};
        awaited.push_back({recorded, place});
        if (!any) first = live.front().to_text();
        any = true;
    }
    return any ? awaited : std::vector<AwaitedClone>{};
}

bool is_gone(const vm::Machine& machine, const AwaitedClone& clone) {
    if (clone.file_system.empty()) return true;  // the record meant nothing before
    const auto path = vm::recorded_path(clone.vmx, machine.folder(), machine.settings());
    return io::file_system_of(path.parent_path()) == clone.file_system;
}

// Records of deleted clones may have been removed since. One that was added keeps the snapshot.
bool is_free(const vm::Machine& machine, const Snapshot& snapshot) {
    if (snapshot.awaited.empty()) return false;
    const bool gone = std::all_of(
        snapshot.clones.begin(), snapshot.clones.end(), [&](const std::string& recorded) {
            const auto known =
                std::find_if(snapshot.awaited.begin(), snapshot.awaited.end(),
                             [&](const AwaitedClone& clone) { return clone.vmx == recorded; });
            return known != snapshot.awaited.end() && is_gone(machine, *known);
        });
    return gone && vm::live_clones(machine, snapshot).empty();
}

}  // namespace

std::vector<int> mark_for_later(const vm::Machine& machine, const std::vector<int>& uids,
                                Progress& progress) {
    vm::SnapshotTree tree = machine.snapshots();
    std::vector<int> marked;
    std::vector<std::string> notes;
    for (const int uid : uids) {
        const Snapshot snapshot = *tree.find(uid);
        std::string clone;
        const auto awaited = awaited_clones(machine, snapshot, clone);
        if (awaited.empty()) continue;
        tree.set_awaited(uid, awaited);
        marked.push_back(uid);
        notes.push_back("the snapshot \"" + snapshot.display_name +
                        "\" will be removed when its disks are no longer needed by " + clone);
    }
    if (marked.empty()) return marked;
    progress.checkpoint("mark");
    progress.point_of_no_return();
    io::replace_file(machine.snapshot_list_path(), tree.to_bytes(), machine.settings().durability);
    for (const std::string& note : notes) progress.note(note);
    return marked;
}

std::vector<int> marked_and_free(const vm::Machine& machine) {
    std::vector<int> free;
    for (const Snapshot& snapshot : machine.snapshots().snapshots()) {
        if (is_free(machine, snapshot)) free.push_back(snapshot.uid);
    }
    return free;
}

}  // namespace vix::ops
