// Recognises the file system that a path is on, also if the path no longer exists.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>

namespace vix::io {

// Returns a text that names the file system of the path, or of its nearest folder that exists: its
// id and where it is mounted. It stays the same as long as the file system is mounted there; it may
// change when it is mounted anew. Empty if it cannot be found out.
std::string file_system_of(const boost::filesystem::path& path);

}  // namespace vix::io
