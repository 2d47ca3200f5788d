// Settings of a machine that runs, changed for as long as it does: beside its .vmx, which they
// hide, with the domain itself, as metadata. So they last as long as that, whoever started it and
// whoever asks; they go with its end, whatever that was, and come back with its memory when it was
// suspended or goes back to a snapshot.
//
// Each is an element of its own, so that two calls that set different ones never lose either.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "power/libvirt.h"

namespace vix::power {

constexpr std::size_t kRuntimeValueLimit = 65536;

// Names are compared without regard to case. Nothing where none was set.
std::optional<std::string> runtime_setting(const Domain& machine, const std::string& name);

// Errors: VIX_E_ARGUMENT_TOO_BIG for a value of more than 64 KiB, and where all of them together
// would be more than libvirt passes on (some 2 MiB).
void set_runtime_setting(Domain& machine, const std::string& name, const std::string& value);

}  // namespace vix::power
