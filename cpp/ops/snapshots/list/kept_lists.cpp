#include "ops/snapshots/list/kept_lists.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include "ops/machine/machine_lock.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

// A script works on few parents at a time, and each list may take some megabytes of memory.
constexpr std::size_t kMost = 4;

constexpr std::chrono::milliseconds kNoPatience{0};

struct Entry {
    fs::path vmx;
    vm::SnapshotTree tree;
    fs::path former;  // empty: there is none
};

// Under these holds no other call of this library replaces a list. It waits for neither.
void delete_guarded(Entry& entry) noexcept {
    if (entry.former.empty()) return;
    try {
        Progress quiet;
        const SnapshotHold snapshots{entry.vmx, quiet, kNoPatience};
        const ListHold list{entry.vmx, quiet, kNoPatience};
        unlink(entry.former.c_str());
    } catch (...) {
        // The file stays, which is harmless.
    }
    entry.former.clear();
}

class Store {
  public:
    vm::SnapshotTree take(const fs::path& vmx) {
        const std::lock_guard lock{mutex_};
        const auto found = find(vmx);
        return found == entries_.end() ? vm::SnapshotTree{} : std::exchange(found->tree, {});
    }

    void keep(const fs::path& vmx, vm::SnapshotTree tree) {
        const std::lock_guard lock{mutex_};
        entry_of(vmx).tree = std::move(tree);
    }

    void keep_former(const fs::path& vmx, const fs::path& former) {
        const std::lock_guard lock{mutex_};
        entry_of(vmx).former = former;
    }

    void delete_former(const fs::path& vmx) noexcept {
        const std::lock_guard lock{mutex_};
        const auto found = find(vmx);
        if (found != entries_.end()) delete_guarded(*found);
    }

    void delete_formers() noexcept {
        const std::lock_guard lock{mutex_};
        for (Entry& entry : entries_) delete_guarded(entry);
    }

    // Called around fork(), so that the child finds the lists consistent. The former files are its
    // parent's.
    void before_fork() { mutex_.lock(); }
    void after_fork() { mutex_.unlock(); }
    void after_fork_in_child() noexcept {
        for (Entry& entry : entries_) entry.former.clear();
        mutex_.unlock();
    }

  private:
    std::vector<Entry>::iterator find(const fs::path& vmx) {
        return std::find_if(entries_.begin(), entries_.end(),
                            [&](const Entry& entry) { return entry.vmx == vmx; });
    }

    // Moves it to the end, and makes room for a new one.
    Entry& entry_of(const fs::path& vmx) {
        const auto found = find(vmx);
        if (found != entries_.end()) {
            std::rotate(found, found + 1, entries_.end());
            return entries_.back();
        }
        if (entries_.size() == kMost) {
            delete_guarded(entries_.front());
            entries_.erase(entries_.begin());
        }
        entries_.push_back({vmx, {}, {}});
        return entries_.back();
    }

    std::mutex mutex_;
    std::vector<Entry> entries_;  // the one that was used last at the end; mutex_ protects it
};

// When the program is loaded: fork() locks what registered last first, and whoever locks jobs or
// handles may go on to lock this, but not the other way round.
Store& start() {
    static Store& only = *new Store;  // NOLINT: until the process ends
    pthread_atfork([] { only.before_fork(); }, [] { only.after_fork(); },
                   [] { only.after_fork_in_child(); });
    std::atexit([] { only.delete_formers(); });
    return only;
}

Store& store = start();  // NOLINT: it throws only without memory

}  // namespace

vm::SnapshotTree KeptLists::take(const fs::path& vmx) {
    return store.take(vmx);
}

void KeptLists::keep(const fs::path& vmx, vm::SnapshotTree tree) {
    store.keep(vmx, std::move(tree));
}

void KeptLists::keep_former(const fs::path& vmx, const fs::path& former) {
    store.keep_former(vmx, former);
}

void KeptLists::delete_former(const fs::path& vmx) noexcept {
    store.delete_former(vmx);
}

}  // namespace vix::ops
