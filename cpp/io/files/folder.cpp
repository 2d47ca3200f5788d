#include "io/files/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/error.h"
#include "io/files/file_descriptor.h"
#include "io/process/uninterrupted.h"

namespace fs = boost::filesystem;

namespace vix::io {
namespace {

struct Close {
    void operator()(DIR* stream) const { closedir(stream); }
};

// On failure returns false and sets errno; `names` may hold a part.
bool read_names(const fs::path& folder, int flags, std::vector<std::string>& names) {
    Descriptor opened{uninterrupted(
        [&] { return open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags); })};
    if (opened.number < 0) return false;
    const std::unique_ptr<DIR, Close> stream{fdopendir(opened.number)};
    if (!stream) return false;
    opened.number = -1;  // the stream closes it
    for (;;) {
        errno = 0;
        const dirent* entry = readdir(stream.get());
        if (entry == nullptr && errno == EINTR) continue;
        if (entry == nullptr) return errno == 0;
        const std::string name = entry->d_name;
        if (name != "." && name != "..") names.push_back(name);
    }
}

}  // namespace

std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    if (!read_names(folder, 0, names)) {
        throw system_error(errno, "listing the folder", folder.string());
    }
    return names;
}

std::vector<std::string> names_if_any(const fs::path& folder) {
    std::vector<std::string> names;
    static_cast<void>(read_names(folder, 0, names));
    return names;
}

bool remove_whole(const fs::path& path) noexcept {
    if (unlink(path.c_str()) == 0 || errno == ENOENT) return true;
    if (errno != EISDIR && errno != EPERM) return false;
    std::vector<std::string> names;
    static_cast<void>(read_names(path, O_NOFOLLOW, names));
    for (const std::string& name : names) static_cast<void>(remove_whole(path / name));
    return rmdir(path.c_str()) == 0 || errno == ENOENT;
}

}  // namespace vix::io
