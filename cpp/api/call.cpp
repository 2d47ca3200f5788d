#include "api/call.h"

namespace vix::api {

void throw_bad_argument(const std::string& detail) {
    throw Error{VIX_E_INVALID_ARG, detail};
}

void require_no_property_list(Handle property_list) {
    if (property_list != VIX_INVALID_HANDLE) {
        throw_bad_argument("propertyListHandle must be VIX_INVALID_HANDLE");
    }
}

void require_not_deleted(const VmObject& vm) {
    if (!vm.is_deleted()) return;
    throw Error{VIX_E_VM_NOT_FOUND, vm.reported_path() + " was deleted through its handle"};
}

std::shared_ptr<VmObject> live_vm(Handle handle) {
    auto vm = runtime().handles.get<VmObject>(handle);
    require_not_deleted(*vm);
    return vm;
}

std::shared_ptr<SnapshotObject> live_snapshot(Handle handle) {
    auto snapshot = runtime().handles.get<SnapshotObject>(handle);
    require_not_deleted(*snapshot->vm());
    return snapshot;
}

}  // namespace vix::api
