// Settings of a running machine that hide those of its .vmx until it ends. They are stored in the
// domain's metadata, so every process sees them. They end with the domain, however it ends, and
// return with its memory when it resumes or reverts to a snapshot.
//
// Each is a separate element, so two calls that set different ones never lose either.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "power/libvirt/libvirt.h"

namespace vix::power {

constexpr std::size_t kRuntimeValueLimit = 65536;

// Names are compared without regard to case. Nothing if it was not set.
std::optional<std::string> runtime_setting(const Domain& machine, const std::string& name);

// Error VIX_E_ARGUMENT_TOO_BIG for a value of more than 64 KiB, or if all settings together exceed
// what libvirt accepts (some 2 MiB).
void set_runtime_setting(Domain& machine, const std::string& name, const std::string& value);

}  // namespace vix::power
