// Resolves all symbolic links of a path, even if its last parts do not exist.
#pragma once

#include <boost/filesystem/path.hpp>

namespace vix::io {

// Throws boost::filesystem::filesystem_error, with the true errno, if a part cannot be read.
// Boost's own weakly_canonical() reports errno 1, "Operation not permitted", for any error.
boost::filesystem::path real_path(const boost::filesystem::path& path);

}  // namespace vix::io
