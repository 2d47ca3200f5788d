// Calls that switch a virtual machine on and off. Recording is not supported: its calls check their
// arguments and refuse.
#include "api/calls/call.h"
#include "api/calls/call_row.h"
#include "api/calls/result_fields.h"
#include "base/error.h"
#include "host/provider.h"

namespace vix::api {
namespace {

void require_power_options(int options, const char* call) {
    require_options(options, VIX_VMPOWEROP_FROM_GUEST, call);
}

host::By by(int options) {
    return (options & VIX_VMPOWEROP_FROM_GUEST) != 0 ? host::By::Guest : host::By::Power;
}

void vm_power_on(Call& call, int handle, int options, int property_list) {
    const auto vm = call.vm(handle);
    require_options(options, VIX_VMPOWEROP_LAUNCH_GUI | VIX_VMPOWEROP_START_VM_PAUSED, "VMPowerOn");
    require_no_property_list(property_list);
    const bool window = (options & VIX_VMPOWEROP_LAUNCH_GUI) != 0;
    if (window && vm->machine().facts(call, {}).summary.encrypted) {
        throw Error{VIX_E_NOT_SUPPORTED,
                    "VIX_VMPOWEROP_LAUNCH_GUI does not work for an encrypted virtual machine"};
    }
    const bool paused = (options & VIX_VMPOWEROP_START_VM_PAUSED) != 0;
    const auto as = paused ? power::StartAs::Paused : power::StartAs::Running;
    vm->machine().power_on(call, as, window ? host::Window::Wanted : host::Window::None);
}

void vm_power_off(Call& call, int handle, int options) {
    const auto vm = call.vm(handle);
    require_power_options(options, "VMPowerOff");
    vm->machine().power_off(call, by(options));
}

void vm_reset(Call& call, int handle, int options) {
    const auto vm = call.vm(handle);
    require_power_options(options, "VMReset");
    vm->machine().reset(call, by(options));
}

void vm_suspend(Call& call, int handle, int options) {
    const auto vm = call.vm(handle);
    require_options(options, 0, "VMSuspend");
    vm->machine().suspend(call);
}

std::shared_ptr<VmObject> vm_to_pause(const Call& call, Handle handle, int options,
                                      Handle property_list, const char* name) {
    auto vm = call.vm(handle);
    require_options(options, 0, name);
    require_no_property_list(property_list);
    host::require_support(vm->provider(), host::Operation::PauseMachine);
    return vm;
}

void vm_pause(Call& call, int handle, int options, int property_list) {
    const auto vm = vm_to_pause(call, handle, options, property_list, "VMPause");
    vm->machine().pause(call);
}

void vm_unpause(Call& call, int handle, int options, int property_list) {
    const auto vm = vm_to_pause(call, handle, options, property_list, "VMUnpause");
    vm->machine().unpause(call);
}

void vm_begin_recording(Call& call, int handle, const std::string&, const std::string&, int options,
                        int property_list) {
    const auto vm = call.vm_and_texts(handle);
    require_options(options, 0, "VMBeginRecording");
    require_no_property_list(property_list);
    host::require_support(vm->provider(), host::Operation::Record);
}

void end_record(const Call& call, Handle handle, int options, Handle property_list,
                const char* name) {
    const auto vm = call.vm(handle);
    require_options(options, 0, name);
    require_no_property_list(property_list);
    host::require_support(vm->provider(), host::Operation::Record);
}

void vm_end_recording(Call& call, int handle, int options, int property_list) {
    end_record(call, handle, options, property_list, "VMEndRecording");
}

void vm_begin_replay(Call& call, int handle, int snapshot, int options, int property_list) {
    static_cast<void>(call.vm(handle));
    static_cast<void>(call.snapshot(snapshot));
    end_record(call, handle, options, property_list, "VMBeginReplay");
}

void vm_end_replay(Call& call, int handle, int options, int property_list) {
    end_record(call, handle, options, property_list, "VMEndReplay");
}

constexpr CallRow kPowerCalls[] = {
    call_row<vm_power_on>(
        {"VM", "PowerOn", "VMPowerOn", "vmHandle, powerOnOptions, propertyListHandle"}),
    call_row<vm_power_off>({"VM", "PowerOff", "VMPowerOff", "vmHandle, powerOffOptions"}),
    call_row<vm_reset>({"VM", "Reset", "VMReset", "vmHandle, resetOptions"}),
    call_row<vm_suspend>({"VM", "Suspend", "VMSuspend", "vmHandle, suspendOptions"}),
    call_row<vm_pause>({"VM", "Pause", "VMPause", "vmHandle, options, propertyListHandle"}),
    call_row<vm_unpause>({"VM", "Unpause", "VMUnpause", "vmHandle, options, propertyListHandle"}),
    call_row<vm_begin_recording>({"VM", "BeginRecording", "VMBeginRecording",
                                  "vmHandle, name, description, options, propertyListHandle"},
                                 Shape::Values, kHandleResult),
    call_row<vm_end_recording>(
        {"VM", "EndRecording", "VMEndRecording", "vmHandle, options, propertyListHandle"}),
    call_row<vm_begin_replay>({"VM", "BeginReplay", "VMBeginReplay",
                               "vmHandle, snapshotHandle, options, propertyListHandle"}),
    call_row<vm_end_replay>(
        {"VM", "EndReplay", "VMEndReplay", "vmHandle, options, propertyListHandle"}),
};

}  // namespace

std::span<const CallRow> power_calls() {
    return kPowerCalls;
}

}  // namespace vix::api
