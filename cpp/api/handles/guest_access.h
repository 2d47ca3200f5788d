// Common steps of the calls to the guest of a running virtual machine.
#pragma once

#include "api/calls/call.h"
#include "power/guest/guest_agent.h"
#include "power/guest/guest_session.h"

namespace vix::api {

// The first checks of such a call: its handle and its texts. Checks of arguments that must not be
// empty follow.
std::shared_ptr<VmObject> guest_of(const Call& call, Handle handle);

// Errors: VIX_E_VM_NOT_RUNNING; VIX_E_TOOLS_NOT_RUNNING if no libvirt that can be reached runs it.
power::GuestAgent agent_of(const Call& call, const VmObject& vm);

// The guest as seen by the user who logged in; everything is done as that user.
class Guest {
  public:
    // Error VIX_E_ANON_GUEST_OPERATIONS_PROHIBITED if nobody has logged in.
    Guest(const Call& call, const VmObject& vm);

    power::GuestSession* operator->() { return &session_; }
    power::GuestAgent& agent() { return agent_; }

  private:
    power::GuestAgent agent_;
    power::GuestSession session_;
};

}  // namespace vix::api
