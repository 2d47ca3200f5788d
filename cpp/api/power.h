// What the façade asks of the engine that runs virtual machines.
#pragma once

#include "api/call.h"
#include "power/engine.h"

namespace vix::api {

// With the settings of the moment when the call was started.
power::Engine engine_of(const Call& call);

// The same for a machine that has to run. Errors: VIX_E_VM_NOT_RUNNING; VIX_E_CANNOT_CONNECT_TO_VM
// for one that another product runs.
power::Engine engine_running(const Call& call, const VmObject& vm);

enum class Window { None, Wanted };

// VMPowerOn, and what goes back to a snapshot that ran. Where no window can be opened the call's
// notes say why.
void power_on(Call& call, const VmObject& vm, power::StartAs as, Window window);

// VIX_PROPERTY_VM_POWER_STATE or VIX_PROPERTY_VM_TOOLS_STATE of a machine that runs, as its engine
// tells it.
PropertyValue running_property(const power::Engine& engine, const VmObject& vm, int id);

}  // namespace vix::api
