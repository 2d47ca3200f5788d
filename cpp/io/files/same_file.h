// Whether two paths lead to the same file, through any links.
#pragma once

#include <boost/filesystem/operations.hpp>

namespace vix::io {

// False if one of them leads nowhere, or if that cannot be determined.
inline bool is_same_file(const boost::filesystem::path& a, const boost::filesystem::path& b) {
    boost::system::error_code error;
    return boost::filesystem::equivalent(a, b, error) && !error;
}

}  // namespace vix::io
