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

const fs::path& RealFolders::of(const fs::path& folder) {
    const auto known = known_.find(folder.native());
    if (known != known_.end()) return known->second;
    return known_.emplace(folder.native(), fs::canonical(folder)).first->second;
}

fs::path RealFolders::canonical(const fs::path& file) {
    const fs::path name = file.filename();
    const bool plain = file.has_parent_path() && name != "." && name != "..";
    const auto type = fs::symlink_status(file).type();
    if (!plain || type == fs::symlink_file || type == fs::file_not_found) {
        return fs::canonical(file);
    }
    return of(file.parent_path()) / name;
}

fs::path RealFolders::place_of(const fs::path& file) {
    boost::system::error_code error;
    const auto known = known_.find(file.parent_path().native());
    if (known != known_.end()) return known->second / file.filename();
    fs::path folder = fs::canonical(file.parent_path(), error);
    if (error) return file.parent_path() / file.filename();
    return known_.emplace(file.parent_path().native(), std::move(folder)).first->second /
           file.filename();
}

}  // namespace vix::io
