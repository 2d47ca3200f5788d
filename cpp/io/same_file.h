// Whether two paths lead to one file, through whatever links.
#pragma once

#include <boost/filesystem/operations.hpp>

namespace vix::io {

// No where one of them leads nowhere, or that cannot be told.
inline bool is_same_file(const boost::filesystem::path& a, const boost::filesystem::path& b) {
    boost::system::error_code error;
    return boost::filesystem::equivalent(a, b, error) && !error;
}

}  // namespace vix::io
