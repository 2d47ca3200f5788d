// Where a path leads after all symbolic links, though its end need not be there.
#pragma once

#include <boost/filesystem/path.hpp>

namespace vix::io {

// Throws Boost's error of what cannot be looked at. Its own weakly_canonical() tells number 1,
// "Operation not permitted", for whatever number that was.
boost::filesystem::path real_path(const boost::filesystem::path& path);

}  // namespace vix::io
