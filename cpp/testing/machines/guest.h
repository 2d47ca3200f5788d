// Runs a real virtual machine in tests: the small Linux of dev/make-guest, with libvirt's daemons.
// If these are not available, the test is skipped and states why.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>

#include "power/engine.h"

namespace vix::testing {

// Empty if VIX_TEST_MACHINES is set, all programs are installed and libvirt answers; else the
// reason for skipping.
std::string why_nothing_runs();

// Empty if tests may start daemons and virtual machines; else how to allow it.
std::string why_not_asked_for();

// Makes the guest in `folder`. Returns the path of its .vmx, or an empty path if that fails.
boost::filesystem::path make_guest(const boost::filesystem::path& folder);

// Settings for an engine whose sockets are in the test's own folder.
power::Settings guest_settings(const boost::filesystem::path& folder);

// Waits until the guest's agent answers; false after a timeout (see testing/process/waiting.h).
bool wait_for_agent(const power::Engine& engine, const boost::filesystem::path& vmx);

}  // namespace vix::testing
