// Waits for what another process or thread is about to do. The limit is generous, because a host
// may be busy; it only keeps a test from waiting for ever.
#pragma once

#include <boost/filesystem/path.hpp>
#include <functional>
#include <string>

namespace vix::testing {

// Returns true if `holds()` becomes true within three minutes.
bool wait_until(const std::function<bool()>& holds);

// The same for a text in a file that may not exist yet.
bool wait_for_text(const boost::filesystem::path& file, const std::string& text);

}  // namespace vix::testing
