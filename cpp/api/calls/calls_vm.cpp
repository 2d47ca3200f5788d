// Calls on a virtual machine's files: cloning, deleting and changing it.
#include <optional>

#include "api/calls/call.h"
#include "api/calls/call_row.h"
#include "api/calls/result_fields.h"
#include "api/calls/text_argument.h"
#include "api/handles/engine_access.h"
#include "api/handles/guest_access.h"
#include "api/handles/open_machine.h"
#include "api/handles/required_state.h"
#include "api/handles/snapshots.h"
#include "base/error.h"
#include "ops/clone/clone.h"
#include "ops/machine/hardware.h"
#include "ops/machine/remove.h"
#include "ops/machine/shared_folders.h"
#include "ops/machine/variables.h"
#include "power/guest/guest_variables.h"

namespace vix::api {
namespace {

// The snapshot to clone; nothing for VIX_INVALID_HANDLE.
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

    const ops::CloneRequest request{source->vmx(), call.settings().path_map.resolve(destination),
                                    call.settings(), snapshot};
    if (type == VIX_CLONETYPE_LINKED) {
        for (const auto& note : ops::clone_linked(request, call.progress())) call.note(note);
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

// The machine, once the type and the name of the variable are checked.
std::shared_ptr<VmObject> vm_with_variable(const Call& call, Handle handle, int type,
                                           const std::string& name, int options) {
    auto vm = call.vm(handle);
    call.require_texts();
    if (type != VIX_VM_GUEST_VARIABLE && type != VIX_VM_CONFIG_RUNTIME_ONLY &&
        type != VIX_GUEST_ENVIRONMENT_VARIABLE) {
        throw_bad_argument("there is no variableType " + std::to_string(type));
    }
    require_path(name, "name");
    if (options != 0) throw_bad_argument("variables have no options: pass 0");
    return vm;
}

ops::VariablesOf variables_of(const Call& call, const VmObject& vm) {
    return {vm.vmx(), call.settings(), call.power_settings()};
}

std::string read_environment(const Call& call, const VmObject& vm, const std::string& name) {
    Guest guest{call, vm};
    guest->set_environment(power::kept_environment(guest.agent()));
    return guest->environment_variable(name);
}

std::string read_variable(const Call& call, const VmObject& vm, int type, const std::string& name) {
    switch (type) {
        case VIX_VM_GUEST_VARIABLE: {
            auto agent = agent_of(call, vm);
            return ops::read_guest_variable(agent, vm.vmx(), name, call.progress());
        }
        case VIX_GUEST_ENVIRONMENT_VARIABLE:
            return read_environment(call, vm, name);
        default:
            return ops::read_config_variable(variables_of(call, vm), name);
    }
}

void vm_read_variable(Call& call, int handle, int type, const std::string& name, int options) {
    const auto vm = vm_with_variable(call, handle, type, name, options);
    call.give({{VIX_PROPERTY_JOB_RESULT_VM_VARIABLE_STRING, read_variable(call, *vm, type, name)}});
}

void write_environment(const Call& call, const VmObject& vm, const std::string& name,
                       const std::string& value) {
    Guest guest{call, vm};
    if (vm.guest_user() != power::kRoot) {
        throw Error{
            VIX_E_GUEST_USER_PERMISSIONS,
            "only root may set variables of the guest's environment, not " + vm.guest_user()};
    }
    power::keep_in_environment(guest.agent(), name, value, call.progress());
}

void vm_write_variable(Call& call, int handle, int type, const std::string& name,
                       const std::string& value, int options) {
    const auto vm = vm_with_variable(call, handle, type, name, options);
    if (name.find('=') != std::string::npos) throw_bad_argument("name contains =");
    if (type == VIX_VM_CONFIG_RUNTIME_ONLY) {
        return ops::write_config_variable(variables_of(call, *vm), name, value, call.progress());
    }
    if (type == VIX_GUEST_ENVIRONMENT_VARIABLE) return write_environment(call, *vm, name, value);
    if (name.find('/') != std::string::npos) {
        throw_bad_argument("name contains /, which the name of a guest variable must not");
    }
    auto agent = agent_of(call, *vm);
    ops::write_guest_variable(agent, name, value, call.progress());
}

void vm_upgrade_hardware(Call& call, int handle, int options) {
    const auto vm = call.vm(handle);
    require_options(options, 0, "VMUpgradeVirtualHardware");
    host::require_support(vm->provider(), host::Operation::UpgradeHardware);
    ops::upgrade_hardware(vm->vmx(), call.settings(), call.progress());
}

std::shared_ptr<VmObject> vm_with_folders(const Call& call, Handle handle) {
    auto vm = call.vm(handle);
    call.require_texts();
    return vm;
}

// The settings of a machine that this library runs; null for others. QEMU's guests see no shared
// folders, but programs add them to a machine that runs and go on only if that works.
const power::Settings* settings_if_running(Call& call, const VmObject& vm) {
    host::require_support(vm.provider(), host::Operation::ShareFolders);
    if (!engine_of(call).runs(vm.vmx())) return nullptr;
    call.note(vm.reported_path() +
              " runs in QEMU, whose guests see no shared folders; its list is changed");
    return &call.power_settings();
}

void vm_enable_folders(Call& call, int handle, int enabled, int options) {
    const auto vm = vm_with_folders(call, handle);
    require_options(options, 0, "VMEnableSharedFolders");
    const auto* running = settings_if_running(call, *vm);
    ops::enable_shared_folders(vm->vmx(), enabled != 0, call.settings(), call.progress(), running);
}

void vm_count_folders(Call& call, int handle) {
    const auto vm = vm_with_folders(call, handle);
    host::require_support(vm->provider(), host::Operation::ShareFolders);
    const auto count = ops::shared_folders(vm->vmx(), call.settings()).size();
    call.give({{VIX_PROPERTY_JOB_RESULT_SHARED_FOLDER_COUNT, static_cast<std::int64_t>(count)}});
}

void vm_folder_state(Call& call, int handle, int index) {
    const auto vm = vm_with_folders(call, handle);
    host::require_support(vm->provider(), host::Operation::ShareFolders);
    const auto folders = ops::shared_folders(vm->vmx(), call.settings());
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
    const auto vm = vm_with_folders(call, handle);
    const auto* running = settings_if_running(call, *vm);
    ops::set_shared_folder(vm->vmx(), {name, host_path, flags}, call.settings(), call.progress(),
                           running);
}

void vm_add_folder(Call& call, int handle, const std::string& name, const std::string& host_path,
                   int flags) {
    const auto vm = vm_with_folders(call, handle);
    const auto* running = settings_if_running(call, *vm);
    ops::add_shared_folder(vm->vmx(), {name, host_path, flags}, call.settings(), call.progress(),
                           running);
}

void vm_remove_folder(Call& call, int handle, const std::string& name, int flags) {
    const auto vm = vm_with_folders(call, handle);
    require_options(flags, 0, "VMRemoveSharedFolder");
    const auto* running = settings_if_running(call, *vm);
    ops::remove_shared_folder(vm->vmx(), name, call.settings(), call.progress(), running);
}

constexpr CallRow kCalls[] = {
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
    return kCalls;
}

}  // namespace vix::api
