#include "io/files/transfer.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "base/error.h"
#include "base/units.h"
#include "io/process/c_locale.h"
#include "io/process/signals.h"

namespace vix::io {
namespace {

constexpr std::size_t kMostThreads = 8;
constexpr std::size_t kQueueLimit = 64;
// Small enough for the buffer to stay in a core's cache; measured against 128 KiB to 1 MiB.
constexpr std::uint64_t kPieceBytes = std::uint64_t{256} << 10;
// The host copies such pieces itself. Smaller ones cost a call more often, larger ones leave one of
// the threads without work at the end.
constexpr std::uint64_t kKernelPieceBytes = std::uint64_t{2} << 20;
// From this size it pays to reserve the target's blocks before writing: ext4 then maps them all at
// once.
constexpr std::uint64_t kReserveBytes = std::uint64_t{1} << 20;
constexpr std::uint64_t kWriteBehindBytes = std::uint64_t{2} << 20;
// Blocks are shared in units of the file system's block size. 4 KiB is the default of XFS and
// btrfs. A file system with larger blocks refuses it with EINVAL, and then the data is copied.
constexpr std::uint64_t kShareUnit = 4096;
// The unit for skipping zeros: as large as a VMDK grain, so that the target is not fragmented.
constexpr std::size_t kZeroUnit = 65536;

bool all_zero(std::span<const std::byte> bytes) {
    if (bytes.empty() || bytes[0] != std::byte{0}) return bytes.empty();
    return std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

bool sharing_unsupported(int errno_value) {
    return errno_value == EOPNOTSUPP || errno_value == EXDEV || errno_value == EINVAL ||
           errno_value == ENOTTY || errno_value == ENOSYS || errno_value == ETXTBSY ||
           errno_value == EPERM || errno_value == EBADF;
}

}  // namespace

void write_unless_zero(File& to, std::uint64_t offset, std::span<const std::byte> bytes,
                       Blocks blocks) {
    if (blocks == Blocks::InUse) return to.write_at(offset, bytes);
    std::size_t begin = 0;
    while (begin < bytes.size()) {
        const auto unit_end = [&](std::size_t at) {
            return std::min(bytes.size(), (at / kZeroUnit + 1) * kZeroUnit);
        };
        std::size_t end = begin;
        while (end < bytes.size() && !all_zero(bytes.subspan(end, unit_end(end) - end))) {
            end = unit_end(end);
        }
        if (end > begin) to.write_at(offset + begin, bytes.subspan(begin, end - begin));
        begin = end;
        while (end < bytes.size() && all_zero(bytes.subspan(end, unit_end(end) - end))) {
            end = unit_end(end);
        }
        if (end > begin && blocks == Blocks::Reserved) to.release(offset + begin, end - begin);
        begin = end;
    }
}

Transfer::~Transfer() {
    {
        const std::lock_guard lock{mutex_};
        closing_ = true;
        queue_.clear();
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void Transfer::copy(const std::shared_ptr<const File>& from, std::uint64_t from_offset,
                    const std::shared_ptr<File>& to, std::uint64_t to_offset, std::uint64_t length,
                    Blocks blocks, Zeros zeros) {
    if (from_offset + length > from->size()) {
        throw Error{VIX_E_DISK_NEEDSREPAIR,
                    from->path().string() + " became shorter while it was copied"};
    }
    const std::uint64_t shared = share_blocks(*from, from_offset, *to, to_offset, length);
    if (shared > 0) progress_.add(shared);
    if (shared < length) {
        copy_data(from, from_offset + shared, to, to_offset + shared, length - shared, blocks,
                  zeros);
    }
}

void Transfer::copy_whole(const std::shared_ptr<const File>& from,
                          const std::shared_ptr<File>& to) {
    const std::uint64_t size = from->size();
    const std::pair pair{from->identity().device, to->identity().device};
    if (!no_sharing_.contains(pair)) {
        if (ioctl(to->descriptor(), FICLONE, from->descriptor()) == 0) return progress_.add(size);
        if (!sharing_unsupported(errno)) {
            throw system_error(errno, "sharing the blocks of", from->path().string());
        }
        no_sharing_.insert(pair);
    }
    to->resize(size);
    copy_data(from, 0, to, 0, size, Blocks::NotReserved, Zeros::BecomeHoles);
}

// Shares the leading part that consists of whole blocks, and returns its length. The unaligned
// tail, a few sectors at most, is left to be copied.
std::uint64_t Transfer::share_blocks(const File& from, std::uint64_t from_offset, File& to,
                                     std::uint64_t to_offset, std::uint64_t length) {
    const std::uint64_t whole = length / kShareUnit * kShareUnit;
    if (whole == 0 || from_offset % kShareUnit != 0 || to_offset % kShareUnit != 0) return 0;
    const std::pair pair{from.identity().device, to.identity().device};
    if (no_sharing_.contains(pair)) return 0;

    file_clone_range range{};
    range.src_fd = from.descriptor();
    range.src_offset = from_offset;
    range.src_length = whole;
    range.dest_offset = to_offset;
    if (ioctl(to.descriptor(), FICLONERANGE, &range) == 0) return whole;
    if (!sharing_unsupported(errno)) {
        throw system_error(errno, "sharing blocks of", from.path().string());
    }
    no_sharing_.insert(pair);
    return 0;
}

void Transfer::copy_data(const std::shared_ptr<const File>& from, std::uint64_t from_offset,
                         const std::shared_ptr<File>& to, std::uint64_t to_offset,
                         std::uint64_t length, Blocks blocks, Zeros zeros) {
    const auto target = [&](std::uint64_t at) { return to_offset + (at - from_offset); };
    const std::uint64_t end = from_offset + length;
    std::uint64_t at = from_offset;
    while (at < end) {
        const std::uint64_t data = std::min(from->next_data(at).value_or(end), end);
        if (data > at && blocks == Blocks::InUse) to->zero(target(at), data - at);
        if (data > at) progress_.add(data - at);
        at = data < end ? std::min(from->next_hole(data), end) : end;
        if (at > data) copy_segment(from, data, to, target(data), at - data, blocks, zeros);
    }
}

// Copies a range without holes, in pieces that end at multiples of their size, so that reads stay
// aligned.
void Transfer::copy_segment(const std::shared_ptr<const File>& from, std::uint64_t from_offset,
                            const std::shared_ptr<File>& to, std::uint64_t to_offset,
                            std::uint64_t length, Blocks blocks, Zeros zeros) {
    if (blocks == Blocks::NotReserved && length >= kReserveBytes) {
        to->reserve(to_offset, length);
        blocks = Blocks::Reserved;
    }
    const bool in_kernel = zeros == Zeros::MayBeWritten && kernel_copies_;
    const std::uint64_t piece = in_kernel ? kKernelPieceBytes : kPieceBytes;
    const std::uint64_t end = from_offset + length;
    for (std::uint64_t at = from_offset; at < end;) {
        const std::uint64_t next = std::min(end, (at / piece + 1) * piece);
        const std::uint64_t target = to_offset + (at - from_offset);
        const bool start_writing =
            durability_ == Durability::Synced && (next % kWriteBehindBytes == 0 || next == end);
        post([this, from, to, at, target, blocks, in_kernel, start_writing,
              size = next - at](std::span<std::byte> scratch) {
            std::uint64_t done = in_kernel ? copy_in_kernel(*from, at, *to, target, size) : 0;
            while (done < size) {
                const auto buffer = scratch.first(std::min(size - done, kPieceBytes));
                from->read_at(at + done, buffer);
                write_unless_zero(*to, target + done, buffer, blocks);
                done += buffer.size();
            }
            if (!start_writing) return;
            const std::uint64_t behind = std::min(target + size, kWriteBehindBytes);
            to->start_writing(target + size - behind, behind);
        });
        progress_.add(next - at);
        at = next;
    }
}

// Returns how many bytes were copied. Whoever reads and writes the rest finds the reason of a
// failure.
std::uint64_t Transfer::copy_in_kernel(const File& from, std::uint64_t from_offset, File& to,
                                       std::uint64_t to_offset, std::uint64_t length) {
    std::uint64_t done = 0;
    while (kernel_copies_ && done < length) {
        auto source = static_cast<off_t>(from_offset + done);
        auto target = static_cast<off_t>(to_offset + done);
        const ssize_t copied =
            copy_file_range(from.descriptor(), &source, to.descriptor(), &target, length - done, 0);
        if (copied < 0 && errno == EINTR) continue;
        if (copied <= 0) {
            kernel_copies_ = false;
            break;
        }
        done += static_cast<std::uint64_t>(copied);
    }
    return done;
}

void Transfer::post(Task task) {
    if (threads_.size() < wanted_threads_) start_threads();
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return queue_.size() < kQueueLimit || failure_; });
    if (failure_) std::rethrow_exception(failure_);
    queue_.push_back(std::move(task));
    lock.unlock();
    changed_.notify_all();
}

void Transfer::finish() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return failure_ || (queue_.empty() && running_ == 0); });
    if (failure_) std::rethrow_exception(failure_);
}

void Transfer::use_all_cores() {
    const std::size_t cores = std::thread::hardware_concurrency();
    wanted_threads_ = std::clamp(cores, kCopyThreads, kMostThreads);
}

void Transfer::start_threads() {
    const SignalsBlocked blocked;
    try {
        while (threads_.size() < wanted_threads_) threads_.emplace_back([this] { work(); });
    } catch (const std::system_error& error) {
        wanted_threads_ = threads_.size();  // those that were started are slower, nothing worse
        if (!threads_.empty()) return;
        wanted_threads_ = kCopyThreads;
        throw Error{VIX_E_OUT_OF_MEMORY, "starting a thread to copy files failed (errno " +
                                             std::to_string(error.code().value()) +
                                             "); the limit on processes may be reached"};
    }
}

void Transfer::work() {
    const CLocale locale;
    std::vector<std::byte> scratch(kScratchBytes);
    std::unique_lock lock{mutex_};
    for (;;) {
        changed_.wait(lock, [this] { return closing_ || !queue_.empty(); });
        if (closing_) return;
        const Task task = std::move(queue_.front());
        queue_.pop_front();
        ++running_;
        lock.unlock();
        changed_.notify_all();
        std::exception_ptr failure;
        try {
            task(scratch);
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        --running_;
        if (failure && !failure_) {
            failure_ = failure;
            queue_.clear();
        }
        changed_.notify_all();
    }
}

}  // namespace vix::io
