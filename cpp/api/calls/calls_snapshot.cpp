// Calls that take, remove and revert to snapshots.
#include "api/calls/call.h"
#include "api/calls/call_row.h"
#include "api/calls/result_fields.h"
#include "api/calls/text_argument.h"
#include "api/handles/snapshots.h"
#include "base/error.h"

namespace vix::api {
namespace {

// As for a clone: the snapshot exists even if its host was disconnected meanwhile; then its handle
// is dead.
Handle handle_of_new(const std::shared_ptr<VmObject>& vm, int id) {
    try {
        return snapshot_handle(vm, id);
    } catch (const Error& error) {
        if (error.code() != VIX_E_INVALID_HANDLE) throw;
        return runtime().handles.dead_handle();
    }
}

void vm_create_snapshot(Call& call, int handle, const std::string& name,
                        const std::string& description, int options, int property_list) {
    const auto vm = call.vm_and_texts(handle);
    require_options(options, VIX_SNAPSHOT_INCLUDE_MEMORY, "VMCreateSnapshot");
    require_no_property_list(property_list);
    host::require_support(vm->provider(), host::Operation::SnapshotMachine);
    // For a machine that is off or suspended the option has no effect.
    const bool with_memory = (options & VIX_SNAPSHOT_INCLUDE_MEMORY) != 0;
    const int id = vm->machine().take_snapshot(call, name, description, with_memory);
    call.give_handle(handle_of_new(vm, id));
}

void vm_remove_snapshot(Call& call, int handle, int snapshot_handle, int options) {
    const auto vm = call.vm(handle);
    const auto snapshot = call.snapshot(snapshot_handle);
    require_snapshot_of(*snapshot, *vm);
    require_options(options, VIX_SNAPSHOT_REMOVE_CHILDREN, "VMRemoveSnapshot");
    host::require_support(vm->provider(), host::Operation::SnapshotMachine);
    const auto children = options == 0 ? ops::RemoveChildren::No : ops::RemoveChildren::Yes;
    vm->machine().remove_snapshot(call, snapshot->id(), children);
}

host::AfterRevert after_revert(int options) {
    if ((options & VIX_VMPOWEROP_SUPPRESS_SNAPSHOT_POWERON) != 0) return host::AfterRevert::Off;
    if ((options & VIX_VMPOWEROP_LAUNCH_GUI) != 0) {
        return host::AfterRevert::AsInSnapshotWithWindow;
    }
    return host::AfterRevert::AsInSnapshot;
}

void vm_revert_to_snapshot(Call& call, int handle, int snapshot_handle, int options,
                           int property_list) {
    const auto vm = call.vm(handle);
    const auto snapshot = call.snapshot(snapshot_handle);
    require_snapshot_of(*snapshot, *vm);
    require_options(options, VIX_VMPOWEROP_SUPPRESS_SNAPSHOT_POWERON | VIX_VMPOWEROP_LAUNCH_GUI,
                    "VMRevertToSnapshot");
    if ((options & VIX_VMPOWEROP_SUPPRESS_SNAPSHOT_POWERON) != 0 &&
        options != VIX_VMPOWEROP_SUPPRESS_SNAPSHOT_POWERON) {
        throw_bad_argument("VIX_VMPOWEROP_SUPPRESS_SNAPSHOT_POWERON excludes other options");
    }
    require_no_property_list(property_list);
    host::require_support(vm->provider(), host::Operation::SnapshotMachine);
    vm->machine().revert_to_snapshot(call, snapshot->id(), after_revert(options));
}

constexpr CallRow kSnapshotCalls[] = {
    call_row<vm_create_snapshot>({"VM", "CreateSnapshot", "VMCreateSnapshot",
                                  "vmHandle, name, description, options, propertyListHandle"},
                                 Shape::Values, kHandleResult),
    call_row<vm_remove_snapshot>(
        {"VM", "RemoveSnapshot", "VMRemoveSnapshot", "vmHandle, snapshotHandle, options"}),
    call_row<vm_revert_to_snapshot>({"VM", "RevertToSnapshot", "VMRevertToSnapshot",
                                     "vmHandle, snapshotHandle, options, propertyListHandle"}),
};

}  // namespace

std::span<const CallRow> snapshot_calls() {
    return kSnapshotCalls;
}

}  // namespace vix::api
