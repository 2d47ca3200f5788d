// Moves bytes from files into new files, as fast as the host can: blocks are shared (reflink) where
// the file system can and they lie aligned, everything else is read and written by two threads.
// Holes stay holes, and blocks of zeros become holes, so a target must be new: it reads as zeros
// wherever nothing was written.
#pragma once

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
#include "io/file.h"

namespace vix::io {

// What a range of the target holds before: zeros without blocks, zeros in blocks that were taken
// for it, or anything, so that zeros must be written too.
enum class Blocks { NotReserved, Reserved, InUse };

// Writes to a file that reads as zeros there: what is all zero is left out, and is a hole also
// where blocks had been reserved.
void write_unless_zero(File& to, std::uint64_t offset, std::span<const std::byte> bytes,
                       Blocks blocks = Blocks::NotReserved);

class Transfer {
  public:
    // A piece of work for one of the threads; the scratch memory is the thread's own.
    using Task = std::function<void(std::span<std::byte> scratch)>;
    static constexpr std::size_t kScratchBytes = std::size_t{1} << 20;

    // Synced: data is sent on its way to the disk while the rest is still being copied, so that the
    // caller's sync() at the end has little left to wait for. It does not replace that sync().
    Transfer(Progress& progress, Durability durability)
        : progress_{progress}, durability_{durability} {}
    // Ends the threads; work not yet begun is dropped. finish() first where all shall be done.
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    // The range must lie within the source. Returns as soon as the work is shared out. `blocks`
    // says whether the target's range is NotReserved (new) or InUse.
    void copy(const std::shared_ptr<const File>& from, std::uint64_t from_offset,
              const std::shared_ptr<File>& to, std::uint64_t to_offset, std::uint64_t length,
              Blocks blocks = Blocks::NotReserved);

    // All of a file into an empty one.
    void copy_whole(const std::shared_ptr<const File>& from, const std::shared_ptr<File>& to);

    void post(Task task);

    // Waits for all work. Throws the first failure of any of it.
    void finish();

  private:
    std::uint64_t share_blocks(const File& from, std::uint64_t from_offset, File& to,
                               std::uint64_t to_offset, std::uint64_t length);
    void copy_data(const std::shared_ptr<const File>& from, std::uint64_t from_offset,
                   const std::shared_ptr<File>& to, std::uint64_t to_offset, std::uint64_t length,
                   Blocks blocks);
    void copy_segment(const std::shared_ptr<const File>& from, std::uint64_t from_offset,
                      const std::shared_ptr<File>& to, std::uint64_t to_offset,
                      std::uint64_t length, Blocks blocks);
    void start_threads();
    void work();

    Progress& progress_;
    Durability durability_;
    // Pairs of file systems that turned out unable to share blocks.
    std::set<std::pair<std::uint64_t, std::uint64_t>> no_sharing_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Task> queue_;  // guarded by mutex_, as all below
    std::size_t running_ = 0;
    bool closing_ = false;
    std::exception_ptr failure_;
    std::vector<std::thread> threads_;  // only the owner's thread touches it
};

}  // namespace vix::io
