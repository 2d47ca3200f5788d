// What lies in a folder, and removing one with all it holds. Made again when a signal interrupts
// it, which Boost's iterators are not: see io/uninterrupted.h.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

namespace vix::io {

// The names, in no order. Throws the Error of a folder that cannot be read.
std::vector<std::string> names_in(const boost::filesystem::path& folder);

// The same for one that need not be there, or may not be read: no names then.
std::vector<std::string> names_if_any(const boost::filesystem::path& folder);

// A file, a link itself, or a folder with all in it; nothing there is no failure. Only for what we
// made ourselves. False where something stays.
bool remove_whole(const boost::filesystem::path& path) noexcept;

}  // namespace vix::io
