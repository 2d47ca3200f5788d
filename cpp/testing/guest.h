// A real virtual machine to run in tests: the small Linux of dev/make-guest, and the daemons of
// libvirt. Where they cannot be had the test is skipped, and says why.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>

#include "power/engine.h"

namespace vix::testing {

// Empty: VIX_TEST_MACHINES asks for it, all is there, libvirt answers. Else why nothing is run.
std::string why_nothing_runs();

// Empty: tests may start daemons and virtual machines. Else how to allow it.
std::string why_not_asked_for();

// Makes the guest in `folder`; gives its .vmx, or an empty path where it cannot be made.
boost::filesystem::path make_guest(const boost::filesystem::path& folder);

// An engine whose sockets are in a folder of the test's own.
power::Settings guest_settings(const boost::filesystem::path& folder);

// Whether the guest's agent comes to answer; see testing/waiting.h.
bool wait_for_agent(const power::Engine& engine, const boost::filesystem::path& vmx);

}  // namespace vix::testing
