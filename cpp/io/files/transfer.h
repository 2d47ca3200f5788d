// Copies bytes from files into new files as fast as the host can: shared blocks (reflink) where the
// file system supports them and the ranges are aligned, else threads that read and write. Holes
// stay holes, and blocks of zeros become holes, so the target must be new: it reads as zeros
// wherever nothing was written. Offsets and lengths are in bytes.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "base/progress.h"
#include "io/files/file.h"

namespace vix::io {

// What the target's range holds before the copy: zeros without blocks; zeros in allocated blocks;
// or any data, so that zeros must be written, too.
enum class Blocks { NotReserved, Reserved, InUse };

// Whether blocks of zeros in the source become holes, or may be written. In a file whose blocks are
// all reserved afterwards holes are of no use, and the host can copy without looking at the bytes.
enum class Zeros { BecomeHoles, MayBeWritten };

// Writes to a range that reads as zeros, unless it is InUse: units of zeros are skipped, and become
// holes even if blocks had been reserved.
void write_unless_zero(File& to, std::uint64_t offset, std::span<const std::byte> bytes,
                       Blocks blocks = Blocks::NotReserved);

class Transfer {
  public:
    // A piece of work for one of the threads. The scratch memory belongs to the thread.
    using Task = std::function<void(std::span<std::byte> scratch)>;
    static constexpr std::size_t kScratchBytes = std::size_t{1} << 20;
    static constexpr std::size_t kCopyThreads = 2;

    // Synced: starts writing data to disk while the rest is still being copied, so that the
    // caller's sync() at the end waits less. It does not replace that sync().
    Transfer(Progress& progress, Durability durability)
        : progress_{progress}, durability_{durability} {}
    // Ends the threads and drops work that has not begun. Call finish() first if all work must be
    // done.
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    // The range must lie within the source. Returns when all work is queued. `blocks` says whether
    // the target's range is NotReserved (new) or InUse.
    void copy(const std::shared_ptr<const File>& from, std::uint64_t from_offset,
              const std::shared_ptr<File>& to, std::uint64_t to_offset, std::uint64_t length,
              Blocks blocks = Blocks::NotReserved, Zeros zeros = Zeros::BecomeHoles);

    // Copies a whole file into an empty one.
    void copy_whole(const std::shared_ptr<const File>& from, const std::shared_ptr<File>& to);

    void post(Task task);

    // For tasks that compute, not only copy: a thread for each core from now on, at most eight.
    void use_all_cores();

    // Waits for all work. Throws the first failure of any part of it.
    void finish();

  private:
    std::uint64_t share_blocks(const File& from, std::uint64_t from_offset, File& to,
                               std::uint64_t to_offset, std::uint64_t length);
    void copy_data(const std::shared_ptr<const File>& from, std::uint64_t from_offset,
                   const std::shared_ptr<File>& to, std::uint64_t to_offset, std::uint64_t length,
                   Blocks blocks, Zeros zeros);
    void copy_segment(const std::shared_ptr<const File>& from, std::uint64_t from_offset,
                      const std::shared_ptr<File>& to, std::uint64_t to_offset,
                      std::uint64_t length, Blocks blocks, Zeros zeros);
    std::uint64_t copy_in_kernel(const File& from, std::uint64_t from_offset, File& to,
                                 std::uint64_t to_offset, std::uint64_t length);
    void start_threads();
    void work();

    Progress& progress_;
    Durability durability_;
    // Pairs of file systems that proved unable to share blocks.
    std::set<std::pair<std::uint64_t, std::uint64_t>> no_sharing_;
    std::atomic<bool> kernel_copies_ = true;  // until it refuses

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Task> queue_;  // mutex_ protects this and the members below
    std::size_t running_ = 0;
    bool closing_ = false;
    std::exception_ptr failure_;
    // Used only by the owner's thread.
    std::vector<std::thread> threads_;
    std::size_t wanted_threads_ = kCopyThreads;
};

}  // namespace vix::io
