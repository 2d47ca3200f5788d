#include "io/files/file_system.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <optional>

namespace fs = boost::filesystem;

namespace vix::io {
namespace {

// Without symbolic links; nothing if a part of the path cannot be asked about.
std::optional<fs::path> nearest_folder(fs::path path) {
    struct stat status {};
    while (stat(path.c_str(), &status) != 0) {
        if ((errno != ENOENT && errno != ENOTDIR) || !path.has_parent_path()) return std::nullopt;
        path = path.parent_path();
    }
    boost::system::error_code error;
    fs::path real = fs::canonical(path, error);
    if (error) return std::nullopt;
    return real;
}

fs::path mount_point(fs::path folder) {
    struct stat here {};
    struct stat above {};
    while (folder.has_relative_path() && stat(folder.c_str(), &here) == 0 &&
           stat(folder.parent_path().c_str(), &above) == 0 && here.st_dev == above.st_dev) {
        folder = folder.parent_path();
    }
    return folder;
}

}  // namespace

// Some file systems have no id, and two that are mounted at one place in turn have two.
std::string file_system_of(const fs::path& path) {
    const auto folder = nearest_folder(path);
    struct statvfs status {};
    if (!folder || statvfs(folder->c_str(), &status) != 0) return {};
    return std::to_string(status.f_fsid) + ' ' + mount_point(*folder).string();
}

}  // namespace vix::io
