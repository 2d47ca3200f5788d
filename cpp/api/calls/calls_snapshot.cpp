// Calls that take, remove and revert to snapshots.
#include "api/calls/call.h"
#include "api/calls/call_row.h"
#include "api/calls/result_fields.h"
#include "api/calls/text_argument.h"
#include "api/handles/engine_access.h"
#include "api/handles/snapshots.h"
#include "base/error.h"
#include "ops/snapshots/live_snapshot.h"
#include "ops/snapshots/snapshot.h"

namespace vix::api {
namespace {

// As for a clone: the snapshot exists even if its host was disconnected meanwhile; then its handle
// is dead.
Handle handle_of_new(const std::shared_ptr<VmObject>& vm, int uid) {
    try {
        return snapshot_handle(vm, uid);
    } catch (const Error& error) {
        if (error.code() != VIX_E_INVALID_HANDLE) throw;
        return runtime().handles.dead_handle();
    }
}

// For a machine that is off or suspended the options about memory have no effect.
int take_snapshot(const Call& call, const ops::SnapshotRequest& request, int options) {
    if (!engine_of(call).runs(request.vmx)) return ops::create_snapshot(request, call.progress());
    const bool memory = (options & VIX_SNAPSHOT_INCLUDE_MEMORY) != 0;
    return ops::create_live_snapshot(request, memory ? ops::Memory::Included : ops::Memory::LeftOut,
                                     call.power_settings(), call.progress());
}

void vm_create_snapshot(Call& call, int handle, const std::string& name,
                        const std::string& description, int options, int property_list) {
    const auto vm = call.vm(handle);
    call.require_texts();
    require_options(options, VIX_SNAPSHOT_INCLUDE_MEMORY, "VMCreateSnapshot");
    require_no_property_list(property_list);
    host::require_support(vm->provider(), host::Operation::SnapshotMachine);
    const ops::SnapshotRequest request{vm->vmx(), name, description, call.settings()};
    call.give_handle(handle_of_new(vm, take_snapshot(call, request, options)));
}

void vm_remove_snapshot(Call& call, int handle, int snapshot_handle, int options) {
    const auto vm = call.vm(handle);
    const auto snapshot = call.snapshot(snapshot_handle);
    require_snapshot_of(*snapshot, *vm);
    require_options(options, VIX_SNAPSHOT_REMOVE_CHILDREN, "VMRemoveSnapshot");
    host::require_support(vm->provider(), host::Operation::SnapshotMachine);
    const auto children = options == 0 ? ops::RemoveChildren::No : ops::RemoveChildren::Yes;
    if (engine_of(call).runs(vm->vmx())) {
        return ops::remove_live_snapshot(vm->vmx(), snapshot->uid(), children, call.settings(),
                                         call.power_settings(), call.progress());
    }
    ops::remove_snapshot(vm->vmx(), snapshot->uid(), children, call.settings(), call.progress());
}

// The running state is discarded like everything else after the snapshot. The machine is powered
// off only once the snapshot is known to be one that it can revert to.
void stop_to_revert(const power::Engine& engine, const Call& call, const VmObject& vm,
                    const SnapshotObject& snapshot) {
    if (!engine.runs(vm.vmx())) return;
    const auto tree = vm::SnapshotTree::read(vm::snapshot_list_path(vm.vmx()));
    ops::require_revertable(vm.vmx(), find_snapshot(tree, snapshot), call.settings());
    engine.power_off(vm.vmx());
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
    const power::Engine engine = engine_of(call);
    stop_to_revert(engine, call, *vm, *snapshot);
    const auto then =
        ops::revert_to_snapshot(vm->vmx(), snapshot->uid(), call.settings(), call.progress());
    const bool suppressed = (options & VIX_VMPOWEROP_SUPPRESS_SNAPSHOT_POWERON) != 0;
    if (then != vm::PowerState::Running || suppressed) return;
    const bool window = (options & VIX_VMPOWEROP_LAUNCH_GUI) != 0;
    power_on(call, *vm, power::StartAs::Running, window ? Window::Wanted : Window::None);
}

constexpr CallRow kCalls[] = {
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
    return kCalls;
}

}  // namespace vix::api
