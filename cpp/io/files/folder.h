// Lists a folder, and removes one with its content. Both continue after EINTR, which Boost's
// iterators do not: see io/process/uninterrupted.h.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

namespace vix::io {

// Names in no particular order. Throws an Error if the folder cannot be read.
std::vector<std::string> names_in(const boost::filesystem::path& folder);

// The same, but returns no names if the folder does not exist or may not be read.
std::vector<std::string> names_if_any(const boost::filesystem::path& folder);

// Removes a file, a link itself, or a folder with its content. Use it only for what we created
// ourselves. Returns true if nothing is left at `path`, false if something stays.
bool remove_whole(const boost::filesystem::path& path) noexcept;

}  // namespace vix::io
