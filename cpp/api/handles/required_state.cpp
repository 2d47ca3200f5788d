#include "api/handles/required_state.h"

#include "base/error.h"

namespace vix::api {

vm::PowerState state_of(const Call& call, const VmObject& vm) {
    return vm::summarize(vm.vmx(), call.settings()).power_state;
}

void require_running(const Call& call, const VmObject& vm) {
    const auto state = state_of(call, vm);
    if (state == vm::PowerState::Running) return;
    throw Error{VIX_E_VM_NOT_RUNNING, vm.reported_path() + (state == vm::PowerState::Suspended
                                                                ? " is suspended, not running"
                                                                : " is powered off")};
}

}  // namespace vix::api
