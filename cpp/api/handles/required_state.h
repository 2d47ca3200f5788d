// The state that a call demands of its machine.
#pragma once

#include "api/calls/call.h"
#include "vm/machine/machine.h"

namespace vix::api {

vm::PowerState state_of(const Call& call, const VmObject& vm);

// VIX_E_VM_NOT_RUNNING for a machine that is off or suspended.
void require_running(const Call& call, const VmObject& vm);

}  // namespace vix::api
