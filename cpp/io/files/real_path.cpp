#include "io/files/real_path.h"

#include <boost/filesystem/exception.hpp>
#include <boost/filesystem/operations.hpp>

namespace fs = boost::filesystem;

namespace vix::io {

fs::path real_path(const fs::path& path) {
    fs::path head = path;
    fs::path tail;
    for (;;) {
        boost::system::error_code error;
        const fs::path real = fs::canonical(head, error);
        if (!error) return tail.empty() ? real : (real / tail).lexically_normal();
        if (error != boost::system::errc::no_such_file_or_directory || head.empty()) {
            throw fs::filesystem_error("real_path", head, error);
        }
        tail = tail.empty() ? head.filename() : head.filename() / tail;
        head = head.parent_path();
    }
}

}  // namespace vix::io
