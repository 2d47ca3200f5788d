#include "io/files/file_system.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include <algorithm>
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

// A folder of a file system can be mounted at another place of it, so the device alone does not
// tell. A kernel older than Linux 5.8 has no number for the mount; it is 0 there.
bool is_same_mount(const fs::path& one, const fs::path& other) {
    struct statx first {};
    struct statx second {};
    return statx(AT_FDCWD, one.c_str(), 0, STATX_MNT_ID, &first) == 0 &&
           statx(AT_FDCWD, other.c_str(), 0, STATX_MNT_ID, &second) == 0 &&
           first.stx_dev_major == second.stx_dev_major &&
           first.stx_dev_minor == second.stx_dev_minor && first.stx_mnt_id == second.stx_mnt_id;
}

fs::path mount_point(fs::path folder) {
    while (folder.has_relative_path() && is_same_mount(folder, folder.parent_path())) {
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

bool is_on_btrfs(int descriptor) {
    struct statfs status {};
    return fstatfs(descriptor, &status) == 0 && status.f_type == BTRFS_SUPER_MAGIC;
}

bool has_times_of_this_host(const fs::path& file) {
    static constexpr std::uint32_t kKinds[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC,
                                               F2FS_SUPER_MAGIC, TMPFS_MAGIC};
    struct statfs status {};
    if (statfs(file.c_str(), &status) != 0) return false;
    const auto kind = static_cast<std::uint32_t>(status.f_type);
    return std::find(std::begin(kKinds), std::end(kKinds), kind) != std::end(kKinds);
}

}  // namespace vix::io
