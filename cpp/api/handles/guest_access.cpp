#include "api/handles/guest_access.h"

#include "api/handles/required_state.h"
#include "base/error.h"
#include "power/running_machine.h"

namespace vix::api {
namespace {

std::string user_of(const VmObject& vm) {
    auto user = vm.guest_user();
    if (!user.empty()) return user;
    throw Error{VIX_E_ANON_GUEST_OPERATIONS_PROHIBITED,
                "nobody has logged in to the guest of " + vm.reported_path() +
                    " through this handle: call VMLoginInGuest first"};
}

}  // namespace

std::shared_ptr<VmObject> guest_of(const Call& call, Handle handle) {
    auto vm = call.vm(handle);
    call.require_texts();
    return vm;
}

power::GuestAgent agent_of(const Call& call, const VmObject& vm) {
    require_running(call, vm);
    power::take_up_held(vm.vmx(), call.power_settings(), call.settings());
    try {
        return power::GuestAgent{call.power_settings(), vm.vmx()};
    } catch (const Error& error) {
        throw Error{VIX_E_TOOLS_NOT_RUNNING, error.detail()};
    }
}

Guest::Guest(const Call& call, const VmObject& vm)
    : agent_{agent_of(call, vm)}, session_{agent_, user_of(vm), call.progress()} {}

}  // namespace vix::api
