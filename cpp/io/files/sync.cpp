#include "io/files/sync.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "io/files/file_system.h"
#include "io/process/c_locale.h"
#include "io/process/signals.h"
#include "io/process/uninterrupted.h"

namespace fs = boost::filesystem;

namespace vix::io {
namespace {

// Three threads wait at a time, including the caller: a disk flushes its cache for all of them
// together, and starting more threads costs more than they save.
constexpr std::size_t kHelpers = 2;
// Low enough for any limit on open files.
constexpr std::size_t kMaxOpen = 64;

// Btrfs: see commit_together().
constexpr std::size_t kWorthACommit = 3;
constexpr std::uint64_t kLittle = 16U << 20;

// What all programs of this host have written and no disk has, in bytes.
std::uint64_t unwritten_bytes() {
    std::uint64_t kibibytes = 0;
    int found = 0;
    std::ifstream information{"/proc/meminfo"};
    std::string name;
    while (information >> name) {
        std::uint64_t value = 0;
        if ((name == "Dirty:" || name == "Writeback:") && information >> value) {
            kibibytes += value;
            ++found;
        }
        information.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    }
    return found == 2 ? kibibytes << 10 : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace

SyncQueue::~SyncQueue() {
    while (take()) {
    }
    join();
}

void SyncQueue::add(const std::vector<fs::path>& paths) {
    open(paths);
    if (!on_btrfs_) start_helpers(std::min(paths.size(), kHelpers));
}

void SyncQueue::finish(const std::vector<fs::path>& paths) {
    open(paths);
    commit_together();
    work();
    join();
    if (failure_ != 0) throw system_error(failure_, "syncing", failed_path_.string());
}

// Asks the kernel to write all files before anybody waits for the first, so that one commit of the
// file system's journal serves all of them.
void SyncQueue::open(const std::vector<fs::path>& paths) {
    for (std::size_t i = 0; i < paths.size(); ++i) {
        if (i % kMaxOpen == kMaxOpen - 1) work();
        const fs::path& path = paths[i];
        Descriptor opened{
            uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW); })};
        if (opened.number < 0) throw system_error(errno, "opening", path.string());
        sync_file_range(opened.number, 0, 0, SYNC_FILE_RANGE_WRITE);  // no effect on a folder
        const std::lock_guard lock{mutex_};
        if (queue_.empty()) on_btrfs_ = is_on_btrfs(opened.number);
        queue_.push_back({std::move(opened), path});
    }
}

// Btrfs writes a log for each fsync(), and those of several threads wait for each other: one commit
// of the whole file system costs less than two of them. As it also writes what other programs
// wrote, there must be little of that. The fsync() of each file then has nothing left to write, and
// reports what failed.
void SyncQueue::commit_together() {
    const std::lock_guard lock{mutex_};
    if (!on_btrfs_ || queue_.size() < kWorthACommit || unwritten_bytes() > kLittle) return;
    syncfs(queue_.front().descriptor.number);
}

void SyncQueue::start_helpers(std::size_t wanted) {
    const SignalsBlocked blocked;
    try {
        while (helpers_.size() < wanted) helpers_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
        // No more threads available: fewer do the work.
    }
}

void SyncQueue::work() noexcept {
    const CLocale locale;
    while (auto next = take()) {
        int reason = uninterrupted([&] { return fsync(next->descriptor.number); }) == 0 ? 0 : errno;
        if (reason == EINVAL) reason = 0;  // a folder on a file system that cannot sync folders
        const bool closed = next->descriptor.shut() || errno == EINTR;
        if (reason == 0 && !closed) reason = errno;
        if (reason == 0) continue;
        const std::lock_guard lock{mutex_};
        if (failure_ != 0) continue;
        failure_ = reason;
        failed_path_.swap(next->path);
    }
}

std::optional<SyncQueue::Opened> SyncQueue::take() {
    const std::lock_guard lock{mutex_};
    if (queue_.empty()) return std::nullopt;
    Opened next = std::move(queue_.front());
    queue_.pop_front();
    return next;
}

void SyncQueue::join() {
    for (std::thread& helper : helpers_) helper.join();
    helpers_.clear();
}

}  // namespace vix::io
