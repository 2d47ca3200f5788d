// What calls to the guest of a running virtual machine begin with.
#pragma once

#include "api/call.h"
#include "power/guest_agent.h"
#include "power/guest_session.h"

namespace vix::api {

// A call to the guest begins with its handle and its texts. Those that must name something follow.
std::shared_ptr<VmObject> guest_of(const Call& call, Handle handle);

// Errors: VIX_E_VM_NOT_RUNNING; VIX_E_TOOLS_NOT_RUNNING where it is not run by a libvirt that can
// be reached.
power::GuestAgent agent_of(const Call& call, const VmObject& vm);

// What a call does in the guest it does as the user who logged in.
class Guest {
  public:
    // Error VIX_E_ANON_GUEST_OPERATIONS_PROHIBITED where nobody did.
    Guest(const Call& call, const VmObject& vm);

    power::GuestSession* operator->() { return &session_; }
    power::GuestAgent& agent() { return agent_; }

  private:
    power::GuestAgent agent_;
    power::GuestSession session_;
};

}  // namespace vix::api
