#include "io/files/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <limits>
#include <utility>

#include "base/error.h"
#include "io/files/sync.h"
#include "io/process/uninterrupted.h"

namespace vix::io {
namespace {

Error not_a_plain_file(const fs::path& path, const struct stat& status) {
    const char* kind = S_ISLNK(status.st_mode)    ? "a symbolic link"
                       : S_ISDIR(status.st_mode)  ? "a folder"
                       : S_ISFIFO(status.st_mode) ? "a FIFO"
                       : S_ISSOCK(status.st_mode) ? "a socket"
                                                  : "a device";
    return Error{VIX_E_FILE_ACCESS_ERROR,
                 path.string() + " is " + kind + ", but a regular file is required"};
}

constexpr std::uint64_t kZeroBuffer = std::uint64_t{1} << 16;

}  // namespace

File File::open(const fs::path& path, Links links) {
    return open_plain(path, links, O_RDONLY);
}

File File::open_writable(const fs::path& path) {
    return open_plain(path, Links::Refuse, O_RDWR);
}

File File::open_plain(const fs::path& path, Links links, int access) {
    // Check the type before opening: opening a device or a FIFO can already have an effect.
    struct stat status {};
    const bool follow = links == Links::Follow;
    if ((follow ? stat(path.c_str(), &status) : lstat(path.c_str(), &status)) != 0) {
        throw system_error(errno, "opening", path.string());
    }
    if (!S_ISREG(status.st_mode)) throw not_a_plain_file(path, status);

    const int flags = access | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW);
    Descriptor opened{uninterrupted([&] { return ::open(path.c_str(), flags); })};
    if (opened.number < 0) throw system_error(errno, "opening", path.string());
    if (fstat(opened.number, &status) != 0) throw system_error(errno, "opening", path.string());
    if (!S_ISREG(status.st_mode)) throw not_a_plain_file(path, status);
    return File{std::move(opened), path, status};
}

File File::create(const fs::path& path, unsigned permissions) {
    const int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    Descriptor opened{uninterrupted(
        [&] { return ::open(path.c_str(), flags, static_cast<mode_t>(permissions)); })};
    if (opened.number < 0) throw system_error(errno, "creating", path.string());
    try {
        // A File without its identity could be confused with another one.
        struct stat status {};
        if (fstat(opened.number, &status) != 0)
            throw system_error(errno, "creating", path.string());
        return File{std::move(opened), path, status};
    } catch (...) {
        unlink(path.c_str());
        throw;
    }
}

File::File(Descriptor opened, fs::path path, const struct stat& status)
    : descriptor_{std::move(opened)},
      path_{std::move(path)},
      identity_{status.st_dev, status.st_ino},
      permissions_{status.st_mode & 0777U} {}

std::optional<fs::path> File::place() const {
    boost::system::error_code error;
    fs::path place = fs::read_symlink("/proc/self/fd/" + std::to_string(descriptor()), error);
    return error ? std::nullopt : std::optional{std::move(place)};
}

std::uint64_t File::size() const {
    struct stat status {};
    if (fstat(descriptor(), &status) != 0) throw system_error(errno, "checking", path_.string());
    return static_cast<std::uint64_t>(status.st_size);
}

void File::read_at(std::uint64_t offset, std::span<std::byte> buffer) const {
    while (!buffer.empty()) {
        const ssize_t count =
            pread(descriptor(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
        if (count < 0) {
            if (errno == EINTR) continue;
            throw system_error(errno, "reading offset " + std::to_string(offset) + " of",
                               path_.string());
        }
        if (count == 0) {
            throw Error{VIX_E_DISK_NEEDSREPAIR,
                        path_.string() + " is truncated: it ends at offset " +
                            std::to_string(offset) + ", but " + std::to_string(buffer.size()) +
                            " more bytes should follow"};
        }
        offset += static_cast<std::uint64_t>(count);
        buffer = buffer.subspan(static_cast<std::size_t>(count));
    }
}

void File::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t count =
            pwrite(descriptor(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0) {
            if (errno == EINTR) continue;
            throw system_error(errno, "writing offset " + std::to_string(offset) + " of",
                               path_.string());
        }
        offset += static_cast<std::uint64_t>(count);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
}

void File::resize(std::uint64_t size) {
    if (size > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) {
        throw system_error(EFBIG, "resizing to " + std::to_string(size) + " bytes", path_.string());
    }
    if (uninterrupted([&] { return ftruncate(descriptor(), static_cast<off_t>(size)); }) != 0) {
        throw system_error(errno, "resizing to " + std::to_string(size) + " bytes", path_.string());
    }
}

void File::sync() {
    if (uninterrupted([&] { return fsync(descriptor()); }) != 0)
        throw system_error(errno, "syncing", path_.string());
}

// Closes a duplicate of the descriptor: that reports the same errors, and others may still use this
// one.
void File::finish(Durability durability) {
    if (durability == Durability::Synced) sync();
    const int second = fcntl(descriptor(), F_DUPFD_CLOEXEC, 0);
    const bool done = second >= 0 && (::close(second) == 0 || errno == EINTR);
    if (!done) throw system_error(errno, "closing", path_.string());
}

void File::restrict_like(const File& other) {
    struct stat own {};
    struct stat others {};
    if (fstat(descriptor(), &own) != 0 || fstat(other.descriptor(), &others) != 0) {
        throw system_error(errno, "checking", path_.string());
    }
    const mode_t permissions = own.st_mode & others.st_mode & 0777U;
    if (permissions == (own.st_mode & 0777U)) return;
    if (fchmod(descriptor(), permissions) != 0) {
        throw system_error(errno, "restricting the permissions of", path_.string());
    }
}

void File::reserve(std::uint64_t offset, std::uint64_t length) {
    // ext4 allocates all free blocks before it finds that they are too few, so check first.
    struct statvfs space {};
    if (fstatvfs(descriptor(), &space) == 0 && space.f_bavail * space.f_frsize < length) {
        throw system_error(ENOSPC, "reserving " + std::to_string(length) + " bytes for",
                           path_.string());
    }
    const int result = fallocate(descriptor(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                                 static_cast<off_t>(length));
    if (result != 0 && errno != EOPNOTSUPP && errno != ENOSYS && errno != EINTR) {
        throw system_error(errno, "reserving " + std::to_string(length) + " bytes for",
                           path_.string());
    }
}

void File::zero(std::uint64_t offset, std::uint64_t length) {
    const int result = fallocate(descriptor(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                 static_cast<off_t>(offset), static_cast<off_t>(length));
    if (result == 0 && offset + length <= size()) return;
    const std::vector<std::byte> zeros(std::min<std::uint64_t>(length, kZeroBuffer));
    for (std::uint64_t done = 0; done < length;) {
        const std::uint64_t part = std::min<std::uint64_t>(length - done, zeros.size());
        write_at(offset + done, std::span{zeros}.first(part));
        done += part;
    }
}

void File::release(std::uint64_t offset, std::uint64_t length) noexcept {
    static_cast<void>(fallocate(descriptor(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                static_cast<off_t>(offset), static_cast<off_t>(length)));
}

void File::start_writing(std::uint64_t offset, std::uint64_t length) noexcept {
    sync_file_range(descriptor(), static_cast<off_t>(offset), static_cast<off_t>(length),
                    SYNC_FILE_RANGE_WRITE);
}

std::optional<std::uint64_t> File::next_data(std::uint64_t offset) const {
    const off_t found = lseek(descriptor(), static_cast<off_t>(offset), SEEK_DATA);
    if (found >= 0) return static_cast<std::uint64_t>(found);
    if (errno == ENXIO) return std::nullopt;
    return offset;
}

std::uint64_t File::next_hole(std::uint64_t offset) const {
    const off_t found = lseek(descriptor(), static_cast<off_t>(offset), SEEK_HOLE);
    return found >= 0 ? static_cast<std::uint64_t>(found) : size();
}

std::optional<FileIdentity> identity_of(const fs::path& path) {
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0) {
        const bool nothing =
            errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG || errno == ELOOP;
        if (!nothing) throw system_error(errno, "checking", path.string());
        return std::nullopt;
    }
    return FileIdentity{status.st_dev, status.st_ino};
}

void remove_file(const fs::path& path) {
    if (unlink(path.c_str()) != 0 && errno != ENOENT) {
        throw system_error(errno, "deleting", path.string());
    }
}

std::uint64_t allocated_bytes(const std::vector<fs::path>& paths) {
    // The unit of st_blocks, independent of the file system's block size.
    constexpr std::uint64_t kBlock = 512;
    std::uint64_t bytes = 0;
    for (const fs::path& path : paths) {
        struct stat status {};
        if (stat(path.c_str(), &status) != 0) continue;
        bytes += static_cast<std::uint64_t>(status.st_blocks) * kBlock;
    }
    return bytes;
}

unsigned permissions_of(const fs::path& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) throw system_error(errno, "checking", path.string());
    return status.st_mode & 0777U;
}

std::string read_text(const fs::path& path, std::uint64_t limit, Links links) {
    return read_text(File::open(path, links), limit);
}

std::string read_text(const File& file, std::uint64_t limit) {
    const std::uint64_t size = file.size();
    if (size > limit) {
        throw Error{VIX_E_FILE_TOO_BIG, file.path().string() + " is too large: it has " +
                                            std::to_string(size) + " bytes, but at most " +
                                            std::to_string(limit) + " are allowed"};
    }
    std::string text(size, '\0');
    file.read_at(0, std::as_writable_bytes(std::span{text}));
    return text;
}

void sync_all(const std::vector<fs::path>& paths) {
    if (paths.empty()) return;
    SyncQueue queue;
    queue.add({paths.begin(), paths.end() - 1});
    queue.finish({paths.back()});
}

}  // namespace vix::io
