#include "io/files/file_state.h"

#include <sys/stat.h>

#include <chrono>

namespace vix::io {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kCoarsest = 2 * kSecond;  // FAT's; most file systems have milliseconds

std::int64_t nanoseconds(const timespec& time) {
    return static_cast<std::int64_t>(time.tv_sec) * kSecond + time.tv_nsec;
}

}  // namespace

std::optional<FileState> state_of(const boost::filesystem::path& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) return std::nullopt;
    return FileState{{status.st_dev, status.st_ino},
                     static_cast<std::uint64_t>(status.st_size),
                     nanoseconds(status.st_mtim),
                     nanoseconds(status.st_ctim)};
}

bool is_settled(const FileState& state) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
    return state.changed_ns < now_ns - kCoarsest;
}

}  // namespace vix::io
