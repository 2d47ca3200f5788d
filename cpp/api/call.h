// What every call of the façade is made of: from a failure to a code, and the checks they share.
#pragma once

#include <cassert>
#include <memory>
#include <string>

#include "api/object.h"
#include "api/runtime.h"
#include "base/error.h"
#include "vm/settings.h"

namespace vix::api {

// Every call that answers with a code ends here: what was thrown becomes the code, and its detail
// waits in the thread for the one who asks.
template <class Work>
int run(Work&& work) noexcept {
    Failure& failure = last_failure();
    try {
        work();
        failure = Failure{};
        return VIX_OK;
    } catch (...) {
        const Error error = current_error();
        assert(error.code() != VIX_OK);
        failure.code = error.code();
        failure.detail = error.detail();
        return failure.code;
    }
}

[[noreturn]] void throw_bad_argument(const std::string& detail);

// VIX_E_INVALID_ARG for any property list: no call here takes one.
void require_no_property_list(Handle property_list);

// VIX_E_VM_NOT_FOUND for a machine that VMDelete has removed.
void require_not_deleted(const VmObject& vm);

// The machine behind a handle, not deleted.
std::shared_ptr<VmObject> live_vm(Handle handle);

// The snapshot behind a handle, whose machine is not deleted. Whether the snapshot is still there
// is seen when it is used.
std::shared_ptr<SnapshotObject> live_snapshot(Handle handle);

}  // namespace vix::api
