// Waiting for what another process or thread is about to do. A busy host may take its time, so the
// bound is far away: it is there to end a test that would wait for ever.
#pragma once

#include <boost/filesystem/path.hpp>
#include <functional>
#include <string>

namespace vix::testing {

// Whether it comes to hold before three minutes are over.
bool wait_until(const std::function<bool()>& holds);

// The same for a text in a file, which need not be there yet.
bool wait_for_text(const boost::filesystem::path& file, const std::string& text);

}  // namespace vix::testing
