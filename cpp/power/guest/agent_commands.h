// The commands of the QEMU guest agent that the machine's own work needs: whether the agent
// answers, and a guest whose file systems stand still. guest_agent has those that callers ask for.
#pragma once

#include "power/libvirt/libvirt.h"

namespace vix::power {

// Returns when the agent has answered. Errors: those of Domain::ask_agent().
void ping_agent(Domain& domain, int timeout_s);

// Whether the agent answers, within that time.
bool agent_answers(Domain& domain, int timeout_s);

// Writes out the guest's file systems and stops writes to them until they are thawed. Errors: those
// of Domain::ask_agent().
void freeze_guest(Domain& domain, int timeout_s);
void thaw_guest(Domain& domain, int timeout_s);

}  // namespace vix::power
