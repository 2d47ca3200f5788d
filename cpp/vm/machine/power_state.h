// The states of a virtual machine that this library tells apart.
#pragma once

namespace vix::vm {

// The files of a machine show all but Paused: only what runs the machine knows that.
enum class PowerState { Off, Suspended, Running, Paused };

}  // namespace vix::vm
