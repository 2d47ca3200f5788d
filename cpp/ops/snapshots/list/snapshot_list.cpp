#include "ops/snapshots/list/snapshot_list.h"

#include <utility>

#include "base/error.h"
#include "io/files/file_state.h"
#include "io/files/file_system.h"
#include "ops/snapshots/list/kept_lists.h"
#include "vm/machine/machine_files.h"

namespace vix::ops {
namespace {

// In bytes. Writing a smaller list whole takes hardly longer than a part of it.
constexpr std::size_t kLargeList = std::size_t{64} << 10;

// How often the change is made, if another program writes the list each time.
constexpr int kAttempts = 10;

}  // namespace

// cppcheck does not see that `known` is moved from.
SnapshotListChange::SnapshotListChange(const boost::filesystem::path& vmx,
                                       vm::Durability durability, Progress& waiting, Change change,
                                       vm::SnapshotTree known)  // cppcheck-suppress passedByValue
    : hold_{vmx, waiting},
      vmx_{vmx},
      list_{vm::snapshot_list_path(vmx)},
      durability_{durability},
      change_{std::move(change)} {
    prepare(std::move(known));
}

void SnapshotListChange::prepare(vm::SnapshotTree known) {
    replacement_.reset();
    read_ = io::has_times_of_this_host(list_) ? io::state_of(list_) : std::nullopt;
    tree_ = vm::SnapshotTree::read(list_, std::move(known));
    if (change_(tree_)) write();
}

// Two files take turns from the second change in a row on: one change alone gains nothing. An
// unsynced list is always written whole, because the disk may still have the former file in place.
void SnapshotListChange::write() {
    const auto before = tree_.files();
    const std::string& text = tree_.settle();
    const auto& parts = tree_.settled_parts();
    const bool in_turns =
        before && parts && durability_ == vm::Durability::Synced && text.size() >= kLargeList;
    replaced_ = in_turns ? std::optional{before->list} : std::nullopt;
    if (in_turns && before->former) {
        io::Former former = *before->former;
        former.stale.insert(former.stale.end(), parts->begin(), parts->end());
        replacement_.emplace(list_, text, former);
    } else {
        replacement_.emplace(list_, text);
    }
}

void SnapshotListChange::commit() {
    const auto sealed = complete();
    if (!replacement_) return;
    if (replaced_) {
        KeptLists::keep_former(vmx_, replacement_->fresh());
        replacement_->exchange();
    } else {
        replacement_->commit(durability_);
    }
    tree_.written_as(sealed ? files_now(*sealed) : std::nullopt);
    KeptLists::keep(vmx_, std::move(tree_));
}

// Seals the new list and, if Synced, waits for the disk: long enough for another program to write
// the list. Returns what io::seal() returned.
std::optional<std::int64_t> SnapshotListChange::complete() {
    std::optional<std::int64_t> sealed;
    for (int attempt = 1; replacement_; ++attempt) {
        sealed = io::seal(replacement_->fresh());
        if (durability_ == vm::Durability::Synced) io::sync_all({replacement_->fresh()});
        if (!read_ || io::state_of(list_) == read_) break;
        if (attempt == kAttempts) {
            throw Error{VIX_E_FILE_ALREADY_LOCKED,
                        list_.string() +
                            ": another program keeps changing it, so this call does "
                            "not replace it; try again when that program has "
                            "finished"};
        }
        prepare({});
    }
    return sealed;
}

// Only after the rename, which changes the time of change. The guard keeps this library's other
// calls away meanwhile; the time of modification shows whether another program wrote.
std::optional<vm::ListFiles> SnapshotListChange::files_now(std::int64_t sealed) const {
    const auto state = io::state_of(list_);
    if (!state || state->modified_ns != sealed) return std::nullopt;
    vm::ListFiles files{*state, {}};
    const auto former = replaced_ ? io::state_of(replacement_->fresh()) : std::nullopt;
    const bool is_known = former && former->identity == replaced_->identity &&
                          former->modified_ns == replaced_->modified_ns;
    if (is_known) files.former = io::Former{*former, *tree_.settled_parts()};
    return files;
}

void edit_snapshot_list(const boost::filesystem::path& vmx, const vm::Settings& settings,
                        Progress& waiting, const SnapshotListChange::Change& change) {
    const SnapshotHold hold{vmx, waiting};
    SnapshotListChange edit{vmx, settings.durability, waiting, change, KeptLists::take(vmx)};
    edit.commit();
}

void note_lost_snapshots(const vm::Machine& machine, const std::vector<std::string>& names,
                         Progress& progress) {
    std::vector<std::string> listed;
    for (const vm::Snapshot& snapshot : machine.snapshots().snapshots()) {
        listed.push_back(boost::filesystem::path{snapshot.state_file.name}.filename().string());
    }
    std::string lost;
    for (const auto& state : vm::unlisted_states(machine.path(), names, listed)) {
        lost += (lost.empty() ? "" : ", ") + state.filename().string();
    }
    if (lost.empty()) return;
    progress.note(machine.snapshot_list_path().string() +
                  " does not list the snapshots of these files, so they are kept: " + lost);
}

}  // namespace vix::ops
