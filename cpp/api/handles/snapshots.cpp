#include "api/handles/snapshots.h"

#include <string>

#include "api/calls/call.h"
#include "base/error.h"

namespace vix::api {

Handle snapshot_handle(const std::shared_ptr<VmObject>& vm, int id) {
    const std::string identity = vm->machine().identity() + '#' + std::to_string(id);
    return runtime().handles.add_owned(vm->host(), identity,
                                       std::make_shared<SnapshotObject>(vm, id));
}

void require_snapshot_of(const SnapshotObject& snapshot, const VmObject& vm) {
    if (snapshot.vm()->machine().identity() == vm.machine().identity()) return;
    throw_bad_argument("the snapshot belongs to " + snapshot.vm()->machine().name() + ", not to " +
                       vm.machine().name());
}

const host::SnapshotInfo& find_snapshot(const host::SnapshotList& list,
                                        const SnapshotObject& snapshot) {
    const host::SnapshotInfo* found = list.find(snapshot.id());
    if (found != nullptr) return *found;
    throw Error{VIX_E_SNAPSHOT_NOTFOUND,
                "the snapshot was removed from " + snapshot.vm()->machine().name()};
}

}  // namespace vix::api
