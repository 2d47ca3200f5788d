// Calls on a virtual machine's files: cloning and deleting it.
#include <optional>

#include "api/call.h"
#include "api/call_row.h"
#include "api/open_machine.h"
#include "api/result_fields.h"
#include "api/snapshots.h"
#include "api/text_argument.h"
#include "base/error.h"
#include "ops/clone.h"
#include "ops/remove.h"

namespace vix::api {
namespace {

// The snapshot that a clone is made of; nothing for VIX_INVALID_HANDLE.
std::optional<int> snapshot_to_clone(const Call& call, Handle handle, const VmObject& source) {
    if (handle == VIX_INVALID_HANDLE) return std::nullopt;
    const auto snapshot = call.snapshot(handle);
    require_snapshot_of(*snapshot, source);
    return snapshot->uid();
}

void check_destination(std::string_view path) {
    require_path(path, "destConfigPathName");
    if (path.front() != '/' && !io::is_windows_path(path)) {
        throw_bad_argument("destConfigPathName \"" + std::string{path} +
                           "\" is not an absolute path");
    }
    const auto name = path.substr(path.find_last_of(path.front() == '/' ? "/" : "/\\") + 1);
    if (name.empty() || name == "." || name == "..") {
        throw_bad_argument("destConfigPathName \"" + std::string{path} + "\" names no file");
    }
}

void check_clone_type(int type) {
    if (type == VIX_CLONETYPE_FULL || type == VIX_CLONETYPE_LINKED) return;
    throw_bad_argument("cloneType " + std::to_string(type) +
                       " is neither VIX_CLONETYPE_FULL nor VIX_CLONETYPE_LINKED");
}

// The clone is there, whatever became of the connection meanwhile: then its handle is dead like all
// others of it.
Handle open_clone(const Call& call, const VmObject& source, const std::string& destination) {
    try {
        return open_machine(call, {source.host(), source.provider()}, destination);
    } catch (const Error& error) {
        if (error.code() != VIX_E_INVALID_HANDLE) throw;
        return runtime().handles.dead_handle();
    }
}

ops::RemoveDisks disks_to_remove(int options) {
    if (options == 0) return ops::RemoveDisks::No;
    if (options == VIX_VMDELETE_DISK_FILES) return ops::RemoveDisks::Yes;
    throw_bad_argument("options must be 0 or VIX_VMDELETE_DISK_FILES, not " +
                       std::to_string(options));
}

void vm_clone(Call& call, int vm, int snapshot_handle, int type, const std::string& destination,
              int options, int property_list) {
    const auto source = call.vm(vm);
    const auto snapshot = snapshot_to_clone(call, snapshot_handle, *source);
    check_clone_type(type);
    if (options != 0) throw_bad_argument("VMClone has no options: pass 0");
    require_no_property_list(property_list);
    check_destination(destination);
    host::require_support(source->provider(), host::Operation::CloneMachine);

    const ops::CloneRequest request{source->vmx(), call.settings().path_map.resolve(destination),
                                    call.settings(), snapshot};
    if (type == VIX_CLONETYPE_LINKED) {
        ops::clone_linked(request, call.progress());
    } else {
        ops::clone_full(request, call.progress());
    }
    call.give_handle(open_clone(call, *source, destination));
}

void vm_delete(Call& call, int handle, int options) {
    const auto vm = call.vm(handle);
    const auto disks = disks_to_remove(options);
    host::require_support(vm->provider(), host::Operation::DeleteMachine);
    ops::remove_machine(vm->vmx(), disks, call.settings(), call.progress());
    vm->mark_deleted();
    runtime().handles.forget_identity(handle);
}

constexpr CallRow kCalls[] = {
    call_row<vm_clone>({"VM", "Clone", "VMClone",
                        "vmHandle, snapshotHandle, cloneType, destConfigPathName, options, "
                        "propertyListHandle"},
                       Shape::Values, kHandleResult),
    call_row<vm_delete>({"VM", "Delete", "VMDelete", "vmHandle, deleteOptions"}),
};

}  // namespace

std::span<const CallRow> vm_calls() {
    return kCalls;
}

}  // namespace vix::api
