// An open file of the host. Offsets and sizes are in bytes. Every failure is an Error that names
// the file. Several threads may share a File as long as none moves it.
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/files/file_descriptor.h"

struct stat;

namespace vix::io {

namespace fs = boost::filesystem;

enum class Links { Follow, Refuse };

// Whether written data must be on disk (fsync has returned) before anything relies on it.
enum class Durability { Synced, Unsynced };

// Identifies a file on this host, whatever path leads to it.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    auto operator<=>(const FileIdentity&) const = default;
};

class File {
  public:
    // Opens a regular file for reading. Anything else (folder, FIFO, device; with Links::Refuse
    // also a symbolic link) is VIX_E_FILE_ACCESS_ERROR. The check does not block and does not open
    // a device.
    static File open(const fs::path& path, Links links = Links::Refuse);

    // The same, for reading and writing.
    static File open_writable(const fs::path& path);

    // Creates a file for reading and writing; it must not exist. `permissions` are as in chmod,
    // minus the caller's umask.
    static File create(const fs::path& path, unsigned permissions);

    int descriptor() const { return descriptor_.number; }
    const fs::path& path() const { return path_; }
    // The file's current path, even if it was renamed after it was opened. Empty if /proc does not
    // provide it.
    std::optional<fs::path> place() const;
    std::uint64_t size() const;
    const FileIdentity& identity() const { return identity_; }
    // The permission bits that it had when it was opened.
    unsigned permissions() const { return permissions_; }

    // Fills all of `buffer`. If the file ends earlier: VIX_E_DISK_NEEDSREPAIR, with the offset in
    // the detail.
    void read_at(std::uint64_t offset, std::span<std::byte> buffer) const;
    void write_at(std::uint64_t offset, std::span<const std::byte> bytes);
    void resize(std::uint64_t size);
    void sync();
    // Call it after the last write. It throws an error that the file system has not reported yet:
    // NFS and FUSE report a full disk, a quota or a lost server only when a file is closed. With
    // Durability::Synced it also syncs the content.
    void finish(Durability durability);
    // Removes each permission bit that `other` lacks. `other`'s content goes into this file.
    void restrict_like(const File& other);
    // Allocates the blocks of a range before it is written. Throws VIX_E_DISK_FULL, and allocates
    // nothing, if there are too few. Does nothing on a file system without fallocate.
    void reserve(std::uint64_t offset, std::uint64_t length);
    // Makes the range read as zeros.
    void zero(std::uint64_t offset, std::uint64_t length);
    // Gives the blocks back, so that the range reads as zeros. If the file system cannot do that,
    // the blocks stay.
    void release(std::uint64_t offset, std::uint64_t length) noexcept;
    // Asks the kernel to begin writing the range to disk. Does not wait and does not make it
    // durable.
    void start_writing(std::uint64_t offset, std::uint64_t length) noexcept;

    // The first byte at or after `offset` that is not in a hole; empty if only holes follow. On a
    // file system without holes: `offset` itself.
    std::optional<std::uint64_t> next_data(std::uint64_t offset) const;
    // The first byte at or after `offset` that is in a hole, or the end of the file.
    std::uint64_t next_hole(std::uint64_t offset) const;

  private:
    static File open_plain(const fs::path& path, Links links, int access);
    File(Descriptor opened, fs::path path, const struct ::stat& status);

    // A writer has called finish() before it is closed, or another failure is being reported.
    Descriptor descriptor_;
    fs::path path_;
    FileIdentity identity_;
    unsigned permissions_;
};

// The identity of what is at a path; of a symbolic link, the link itself. Empty if nothing is
// there. Throws an Error if that cannot be determined: the caller may create or forget what is
// reported as absent.
std::optional<FileIdentity> identity_of(const fs::path& path);

// Succeeds if there is no such file. Throws an Error if the file is still there.
void remove_file(const fs::path& path);

// The disk space that the files occupy, in bytes. A file that does not exist counts as 0.
std::uint64_t allocated_bytes(const std::vector<fs::path>& paths);

// The permission bits of the file at `path`, for a copy that must not be more accessible than the
// original.
unsigned permissions_of(const fs::path& path);

// Reads a whole small file. VIX_E_FILE_TOO_BIG if it is larger than `limit` bytes.
std::string read_text(const fs::path& path, std::uint64_t limit, Links links = Links::Follow);
std::string read_text(const File& file, std::uint64_t limit);

// Syncs files and folders, all at once (see io/files/sync.h). A file system that cannot sync a
// folder is not an error.
void sync_all(const std::vector<fs::path>& paths);

inline std::span<const std::byte> as_bytes(std::string_view text) {
    return std::as_bytes(std::span{text.data(), text.size()});
}

}  // namespace vix::io
