// The façade's use of the engine that runs virtual machines.
#pragma once

#include "api/calls/call.h"
#include "power/engine.h"

namespace vix::api {

// An engine with the settings of the moment at which the call was started.
power::Engine engine_of(const Call& call);

// The same for a machine that must run. Errors: VIX_E_VM_NOT_RUNNING; VIX_E_CANNOT_CONNECT_TO_VM if
// another product runs it.
power::Engine engine_running(const Call& call, const VmObject& vm);

enum class Window { None, Wanted };

// For VMPowerOn, and for reverting to a snapshot of a running machine. If no window can be opened,
// the call's notes say why.
void power_on(Call& call, const VmObject& vm, power::StartAs as, Window window);

// VIX_PROPERTY_VM_POWER_STATE or VIX_PROPERTY_VM_TOOLS_STATE of a running machine, from its engine.
PropertyValue running_property(const power::Engine& engine, const VmObject& vm, int id);

}  // namespace vix::api
