// An open file of the host and what can be done with it. Every failure is an Error that names the
// file. A File may be shared between threads as long as nobody moves it.
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vix::io {

namespace fs = boost::filesystem;

enum class Links { Follow, Refuse };

// Whether what was written must have reached the disk before it is relied on.
enum class Durability { Synced, Unsynced };

// What one file is to the host, whatever path leads to it.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    auto operator<=>(const FileIdentity&) const = default;
};

class File {
  public:
    // A regular file, for reading. Anything else (folder, FIFO, device; a link where links are
    // refused) is VIX_E_FILE_ACCESS_ERROR, found out without blocking and without opening a device.
    static File open(const fs::path& path, Links links = Links::Refuse);

    // The same for reading and writing.
    static File open_writable(const fs::path& path);

    // A new file, for reading and writing; there must be none of that name. Who may use it is said
    // by `permissions` (as in chmod), less what the caller's umask takes away.
    static File create(const fs::path& path, unsigned permissions);

    File(File&& other) noexcept;
    File& operator=(File&& other) noexcept;
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File();

    int descriptor() const { return descriptor_; }
    const fs::path& path() const { return path_; }
    // Where the file is by now, whatever became of the path that it was opened by; nothing where
    // /proc does not tell.
    std::optional<fs::path> place() const;
    std::uint64_t size() const;
    const FileIdentity& identity() const { return identity_; }

    // Fills all of `buffer`; a file that ends before is VIX_E_DISK_NEEDSREPAIR with the offset.
    void read_at(std::uint64_t offset, std::span<std::byte> buffer) const;
    void write_at(std::uint64_t offset, std::span<const std::byte> bytes);
    void resize(std::uint64_t size);
    void sync();
    // Call it after the last write: throws the error that the file system has not reported yet. NFS
    // and FUSE report a full disk, a quota or a lost server only when a file is closed. If synced,
    // the content has reached the disk, too.
    void finish(Durability durability);
    // Lets nobody use this file who may not use `other`, whose content goes into it.
    void restrict_like(const File& other);
    // Takes the blocks of a range before it is written; a file system without that does nothing.
    // Where they are too few it takes none: VIX_E_DISK_FULL.
    void reserve(std::uint64_t offset, std::uint64_t length);
    // Makes the range read as zeros, whatever was there.
    void zero(std::uint64_t offset, std::uint64_t length);
    // Gives them back: the range reads as zeros. Where that cannot be done the blocks just stay.
    void release(std::uint64_t offset, std::uint64_t length) noexcept;
    // Lets the kernel begin to write the range to the disk; waits for nothing and promises nothing.
    void start_writing(std::uint64_t offset, std::uint64_t length) noexcept;

    // The first byte at or behind `offset` that is not in a hole; nothing when only holes follow.
    // File systems without holes answer `offset` itself.
    std::optional<std::uint64_t> next_data(std::uint64_t offset) const;
    // The first byte at or behind `offset` that is in a hole, or the end of the file.
    std::uint64_t next_hole(std::uint64_t offset) const;

  private:
    static File open_plain(const fs::path& path, Links links, int access);
    File(int descriptor, fs::path path);

    int descriptor_ = -1;
    fs::path path_;
    FileIdentity identity_;
};

// What a path leads to; of a link the link itself. Nothing where nothing is there;
// if that is unknown it is an error, for what is not there may be made or forgotten.
std::optional<FileIdentity> identity_of(const fs::path& path);

// Error: it is still there.
void remove_file(const fs::path& path);

// What the files take of the disk; one that is not there takes nothing.
std::uint64_t allocated_bytes(const std::vector<fs::path>& paths);

// Who may read and write the file at `path`, for a copy that shall be no more open than it.
unsigned permissions_of(const fs::path& path);

// A whole small file. One larger than `limit` bytes is VIX_E_FILE_TOO_BIG.
std::string read_text(const fs::path& path, std::uint64_t limit, Links links = Links::Follow);

// Waits until files and folders are on the disk, for all of them at once (see io/sync.h). Does not
// fail when the file system cannot sync a folder.
void sync_all(const std::vector<fs::path>& paths);

inline std::span<const std::byte> as_bytes(std::string_view text) {
    return std::as_bytes(std::span{text.data(), text.size()});
}

}  // namespace vix::io
