// Whether two paths lead to one file, through whatever links.
#pragma once

#include <boost/filesystem/operations.hpp>

namespace vix::io {

// No if one of them leads nowhere, or that is unknown.
inline bool is_same_file(const boost::filesystem::path& a, const boost::filesystem::path& b) {
    boost::system::error_code error;
    return boost::filesystem::equivalent(a, b, error) && !error;
}

}  // namespace vix::io
