#include "io/files/file_state.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <chrono>
#include <ctime>

#include "io/files/file_system.h"

namespace vix::io {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kCoarsest = 2 * kSecond;  // FAT's; most file systems have milliseconds

std::int64_t nanoseconds(const timespec& time) {
    return static_cast<std::int64_t>(time.tv_sec) * kSecond + time.tv_nsec;
}

FileState state_from(const struct stat& status) {
    return {{status.st_dev, status.st_ino},
            static_cast<std::uint64_t>(status.st_size),
            nanoseconds(status.st_mtim),
            nanoseconds(status.st_ctim)};
}

}  // namespace

std::optional<FileState> state_of(const boost::filesystem::path& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) return std::nullopt;
    return state_from(status);
}

std::optional<FileState> state_of(const File& file) {
    struct stat status {};
    if (fstat(file.descriptor(), &status) != 0) return std::nullopt;
    return state_from(status);
}

std::optional<std::int64_t> seal(const boost::filesystem::path& file) {
    if (!has_times_of_this_host(file)) return std::nullopt;
    timespec now[2] = {{0, UTIME_OMIT}, {}};
    if (clock_gettime(CLOCK_REALTIME, &now[1]) != 0) return std::nullopt;
    if (utimensat(AT_FDCWD, file.c_str(), now, 0) != 0) return std::nullopt;
    const auto state = state_of(file);
    const bool kept = state && state->modified_ns == nanoseconds(now[1]);
    return kept ? std::optional{state->modified_ns} : std::nullopt;
}

bool is_settled(const FileState& state) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
    return state.changed_ns < now_ns - kCoarsest;
}

}  // namespace vix::io
