// Calls on a virtual machine's files: cloning, deleting and changing it.
#include <optional>
#include <utility>

#include "api/calls/call.h"
#include "api/calls/call_row.h"
#include "api/calls/result_fields.h"
#include "api/calls/text_argument.h"
#include "api/handles/open_machine.h"
#include "api/handles/snapshots.h"
#include "base/error.h"

namespace vix::api {
namespace {

// The snapshot to clone; nothing for VIX_INVALID_HANDLE.
std::optional<int> snapshot_to_clone(const Call& call, Handle handle, const VmObject& source) {
    if (handle == VIX_INVALID_HANDLE) return std::nullopt;
    const auto snapshot = call.snapshot(handle);
    require_snapshot_of(*snapshot, source);
    return snapshot->id();
}

void check_destination(std::string_view path) {
    require_path(path, "destConfigPathName");
    if (path.front() != '/' && !io::is_windows_path(path) && !io::is_datastore_path(path)) {
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

// The clone exists, even if its host was disconnected meanwhile; then its handle is dead, like all
// others of that host.
Handle open_clone(const Call& call, const VmObject& source, const std::string& destination) {
    try {
        return open_new_machine(call, {source.host(), source.service()}, destination);
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

    const auto kind =
        type == VIX_CLONETYPE_LINKED ? host::CloneKind::Linked : host::CloneKind::Full;
    source->machine().clone(call, {kind, snapshot, destination});
    call.give_handle(open_clone(call, *source, destination));
}

void vm_delete(Call& call, int handle, int options) {
    const auto vm = call.vm(handle);
    const auto disks = disks_to_remove(options);
    host::require_support(vm->provider(), host::Operation::DeleteMachine);
    vm->machine().remove(call, disks);
    vm->mark_deleted();
    runtime().handles.forget_identity(handle);
}

// The machine, once the type and the name of the variable are checked.
std::shared_ptr<VmObject> vm_with_variable(const Call& call, Handle handle, int type,
                                           const std::string& name, int options) {
    auto vm = call.vm_and_texts(handle);
    if (type != VIX_VM_GUEST_VARIABLE && type != VIX_VM_CONFIG_RUNTIME_ONLY &&
        type != VIX_GUEST_ENVIRONMENT_VARIABLE) {
        throw_bad_argument("there is no variableType " + std::to_string(type));
    }
    require_path(name, "name");
    if (options != 0) throw_bad_argument("variables have no options: pass 0");
    return vm;
}

host::Variable variable(int type) {
    if (type == VIX_VM_GUEST_VARIABLE) return host::Variable::Guest;
    if (type == VIX_GUEST_ENVIRONMENT_VARIABLE) return host::Variable::Environment;
    return host::Variable::Configuration;
}

void vm_read_variable(Call& call, int handle, int type, const std::string& name, int options) {
    const auto vm = vm_with_variable(call, handle, type, name, options);
    auto value = vm->machine().read_variable(call, variable(type), name, vm->guest_user());
    call.give({{VIX_PROPERTY_JOB_RESULT_VM_VARIABLE_STRING, std::move(value)}});
}

void vm_write_variable(Call& call, int handle, int type, const std::string& name,
                       const std::string& value, int options) {
    const auto vm = vm_with_variable(call, handle, type, name, options);
    if (name.find('=') != std::string::npos) throw_bad_argument("name contains =");
    if (type == VIX_VM_GUEST_VARIABLE && name.find('/') != std::string::npos) {
        throw_bad_argument("name contains /, which the name of a guest variable must not");
    }
    vm->machine().write_variable(call, variable(type), name, value, vm->guest_user());
}

void vm_upgrade_hardware(Call& call, int handle, int options) {
    const auto vm = call.vm(handle);
    require_options(options, 0, "VMUpgradeVirtualHardware");
    host::require_support(vm->provider(), host::Operation::UpgradeHardware);
    vm->machine().upgrade_hardware(call);
}

void vm_enable_folders(Call& call, int handle, int enabled, int options) {
    const auto vm = call.vm_and_texts(handle);
    require_options(options, 0, "VMEnableSharedFolders");
    host::require_support(vm->provider(), host::Operation::ShareFolders);
    vm->machine().enable_shared_folders(call, enabled != 0);
}

void vm_count_folders(Call& call, int handle) {
    const auto vm = call.vm_and_texts(handle);
    host::require_support(vm->provider(), host::Operation::ShareFolders);
    const auto count = vm->machine().shared_folders(call).size();
    call.give({{VIX_PROPERTY_JOB_RESULT_SHARED_FOLDER_COUNT, static_cast<std::int64_t>(count)}});
}

void vm_folder_state(Call& call, int handle, int index) {
    const auto vm = call.vm_and_texts(handle);
    host::require_support(vm->provider(), host::Operation::ShareFolders);
    const auto folders = vm->machine().shared_folders(call);
    if (index < 0 || static_cast<std::size_t>(index) >= folders.size()) {
        throw_bad_argument("there is no shared folder " + std::to_string(index) + "; there are " +
                           std::to_string(folders.size()));
    }
    const auto& folder = folders[static_cast<std::size_t>(index)];
    call.give({{VIX_PROPERTY_JOB_RESULT_SHARED_FOLDER_FLAGS, std::int64_t{folder.flags}},
               {VIX_PROPERTY_JOB_RESULT_ITEM_NAME, folder.name},
               {VIX_PROPERTY_JOB_RESULT_SHARED_FOLDER_HOST, folder.host_path}});
}

void vm_set_folder(Call& call, int handle, const std::string& name, const std::string& host_path,
                   int flags) {
    const auto vm = call.vm_and_texts(handle);
    host::require_support(vm->provider(), host::Operation::ShareFolders);
    vm->machine().set_shared_folder(call, {name, host_path, flags});
}

void vm_add_folder(Call& call, int handle, const std::string& name, const std::string& host_path,
                   int flags) {
    const auto vm = call.vm_and_texts(handle);
    host::require_support(vm->provider(), host::Operation::ShareFolders);
    vm->machine().add_shared_folder(call, {name, host_path, flags});
}

void vm_remove_folder(Call& call, int handle, const std::string& name, int flags) {
    const auto vm = call.vm_and_texts(handle);
    require_options(flags, 0, "VMRemoveSharedFolder");
    host::require_support(vm->provider(), host::Operation::ShareFolders);
    vm->machine().remove_shared_folder(call, name);
}

constexpr CallRow kVmCalls[] = {
    call_row<vm_clone>({"VM", "Clone", "VMClone",
                        "vmHandle, snapshotHandle, cloneType, destConfigPathName, options, "
                        "propertyListHandle"},
                       Shape::Values, kHandleResult),
    call_row<vm_delete>({"VM", "Delete", "VMDelete", "vmHandle, deleteOptions"}),
    call_row<vm_read_variable>(
        {"VM", "ReadVariable", "VMReadVariable", "vmHandle, variableType, name, options"},
        Shape::Values, kVariableResult),
    call_row<vm_write_variable>(
        {"VM", "WriteVariable", "VMWriteVariable", "vmHandle, variableType, name, value, options"}),
    call_row<vm_upgrade_hardware>(
        {"VM", "UpgradeVirtualHardware", "VMUpgradeVirtualHardware", "vmHandle, options"}),
    call_row<vm_enable_folders>(
        {"VM", "EnableSharedFolders", "VMEnableSharedFolders", "vmHandle, enabled, options"}),
    call_row<vm_count_folders>({"VM", "GetNumSharedFolders", "VMGetNumSharedFolders", "vmHandle"},
                               Shape::Values, kFolderCountResult),
    call_row<vm_folder_state>(
        {"VM", "GetSharedFolderState", "VMGetSharedFolderState", "vmHandle, index"}, Shape::Values,
        kFolderResult),
    call_row<vm_set_folder>({"VM", "SetSharedFolderState", "VMSetSharedFolderState",
                             "vmHandle, shareName, hostPathName, flags"}),
    call_row<vm_add_folder>(
        {"VM", "AddSharedFolder", "VMAddSharedFolder", "vmHandle, shareName, hostPathName, flags"}),
    call_row<vm_remove_folder>(
        {"VM", "RemoveSharedFolder", "VMRemoveSharedFolder", "vmHandle, shareName, flags"}),
};

}  // namespace

std::span<const CallRow> vm_calls() {
    return kVmCalls;
}

}  // namespace vix::api
