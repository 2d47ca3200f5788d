#include "api/handles/engine_access.h"

#include "api/handles/required_state.h"
#include "base/error.h"
#include "ops/machine/machine_lock.h"
#include "ops/machine/power_off.h"
#include "power/domain/domain_identity.h"
#include "power/running_machine.h"
#include "power/viewer.h"

namespace vix::api {
namespace {

constexpr int kToolsPatience_s = 1;

std::int64_t power_bits(const power::Engine& engine, const VmObject& vm) {
    return engine.is_paused(vm.vmx()) ? VIX_POWERSTATE_PAUSED : VIX_POWERSTATE_POWERED_ON;
}

// UNKNOWN if the guest does not answer: it may have tools and still be starting.
std::int64_t tools_state(const power::Engine& engine, const VmObject& vm) {
    try {
        if (engine.agent_answers(vm.vmx(), kToolsPatience_s)) return VIX_TOOLSSTATE_RUNNING;
    } catch (const Error&) {
        // Another product runs it, or it ended meanwhile.
    }
    return VIX_TOOLSSTATE_UNKNOWN;
}

}  // namespace

power::Engine engine_of(const Call& call) {
    return power::Engine{call.power_settings(), call.settings()};
}

power::Engine engine_running(const Call& call, const VmObject& vm) {
    require_running(call, vm);
    power::Engine engine = engine_of(call);
    power::take_up_held(vm.vmx(), call.power_settings(), call.settings());
    if (engine.runs(vm.vmx())) return engine;
    throw Error{VIX_E_CANNOT_CONNECT_TO_VM,
                vm.reported_path() +
                    " is running, but not in this library, or with another setting power.folder"};
}

void power_on(Call& call, const VmObject& vm, power::StartAs as, Window window) {
    ops::tidy_up_if_free(vm.vmx(), call.settings());
    for (const auto& note : ops::before_power_on(vm.vmx(), call.settings(), call.progress())) {
        call.note(note);
    }
    for (const auto& note : engine_of(call).power_on(vm.vmx(), as)) call.note(note);
    if (window == Window::None) return;
    const auto uuid = power::uuid_for(power::canonical_path(vm.vmx()));
    if (const auto reason = power::open_viewer(call.power_settings(), uuid)) call.note(*reason);
}

PropertyValue running_property(const power::Engine& engine, const VmObject& vm, int id) {
    return id == VIX_PROPERTY_VM_POWER_STATE ? power_bits(engine, vm) : tools_state(engine, vm);
}

}  // namespace vix::api
