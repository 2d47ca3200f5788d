#include "testing/machines/snapshot_machine.h"

#include <algorithm>

#include "testing/disks/alike.h"
#include "vm/snapshots/snapshot_tree.h"

namespace vix::testing {
namespace {

using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;

AssertionResult same(const DiskContents& found, const DiskContents& expected) {
    for (const auto& [node, bytes] : expected) {
        const auto other = found.find(node);
        if (other == found.end()) return AssertionFailure() << "no disk at " << node;
        const auto result = alike(other->second, bytes);
        if (!result) return AssertionFailure() << node << ": " << result.message();
    }
    if (found.size() == expected.size()) return AssertionSuccess();
    return AssertionFailure() << found.size() << " disks, not " << expected.size();
}

}  // namespace

SnapshotMachine::SnapshotMachine(const fs::path& folder)
    : vmx{write_small_machine(folder)},
      now{{"scsi0:0", first_disk_content()}, {"scsi0:1", second_disk_content()}} {}

SnapshotMachine::SnapshotMachine(fs::path machine, DiskContents contents)
    : vmx{std::move(machine)}, now{std::move(contents)} {}

int SnapshotMachine::take(const std::string& name) {
    Progress progress;
    return take(name, progress);
}

int SnapshotMachine::take(const std::string& name, Progress& progress) {
    const int uid = ops::create_snapshot({vmx, name, "", plain_settings()}, progress);
    then[uid] = now;
    return uid;
}

void SnapshotMachine::write(const std::string& node, std::uint64_t sector, char fill) {
    guest_writes(vmx, node, sector, fill);
    put_grain(now, node, sector, fill);
}

void SnapshotMachine::revert(int uid) {
    Progress progress;
    ops::revert_to_snapshot(vmx, uid, plain_settings(), progress);
    now = then.at(uid);
}

void SnapshotMachine::remove(int uid, ops::RemoveChildren children) {
    Progress progress;
    ops::remove_snapshot(vmx, uid, children, plain_settings(), progress);
}

vm::SnapshotTree SnapshotMachine::tree() const {
    return vm::SnapshotTree::read(vm::snapshot_list_path(vmx));
}

AssertionResult SnapshotMachine::reads_as_it_should() const {
    return reads_as(now);
}

AssertionResult SnapshotMachine::reads_as(const DiskContents& present) const {
    const auto faults = broken_ties(vmx.parent_path().parent_path());
    if (!faults.empty()) return AssertionFailure() << faults;
    const auto result = same(present_contents(vmx), present);
    if (!result) return AssertionFailure() << "now: " << result.message();
    const vm::SnapshotTree recorded = tree();
    for (const vm::Snapshot& snapshot : recorded.snapshots()) {
        const auto known = then.find(snapshot.uid);
        if (known == then.end()) continue;
        const auto as_then = same(snapshot_contents(vmx, snapshot.uid), known->second);
        if (!as_then) {
            return AssertionFailure() << "snapshot " << snapshot.uid << ": " << as_then.message();
        }
    }
    return AssertionSuccess();
}

}  // namespace vix::testing
