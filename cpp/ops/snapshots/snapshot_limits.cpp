#include "ops/snapshots/snapshot_limits.h"

#include "base/error.h"
#include "base/text.h"
#include "vm/disks/shared_disks.h"
#include "vm/machine/working_folder.h"

namespace vix::ops {
namespace {

constexpr const char* kMost = "snapshot.maxSnapshots";
constexpr const char* kDisabled = "snapshot.disabled";

void refuse_one_too_many(const vm::Machine& machine) {
    const std::string text{trim(machine.find(kMost).value_or(""))};
    if (text.empty()) return;
    const std::string setting = machine.path().string() + ": " + kMost + " = \"" + text + '"';
    const auto most = parse_number(text);
    if (!most) throw Error{VIX_E_CANNOT_READ_VM_CONFIG, setting + " is not a number"};
    const std::size_t count = machine.snapshots().snapshots().size();
    if (count < *most) return;
    throw Error{VIX_E_SNAPSHOT_MAXSNAPSHOTS,
                setting + " allows no more snapshots, and there are " + std::to_string(count)};
}

}  // namespace

void refuse_new_snapshot(const vm::Machine& machine) {
    if (machine.is_true(kDisabled)) {
        throw Error{VIX_E_SNAPSHOT_VERSION,
                    machine.path().string() + ": " + kDisabled + " = \"TRUE\" forbids snapshots"};
    }
    if (const auto sharing = vm::what_forbids_snapshots(machine)) {
        throw Error{VIX_E_SNAPSHOT_VERSION, machine.path().string() + ": " + *sharing +
                                                " shares disks with other machines, which would "
                                                "write to the disks that a snapshot freezes"};
    }
    refuse_one_too_many(machine);
    vm::refuse_redo_elsewhere(machine);
}

}  // namespace vix::ops
