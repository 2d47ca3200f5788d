#include "ops/snapshots/list/former_lists.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>

#include "io/locks/folder_guard.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

struct Kept {
    std::mutex mutex;
    std::map<fs::path, fs::path> formers;  // by the .vmx; mutex protects it
    Kept* of_parent = nullptr;             // of the process that this one was forked from
};

std::atomic<Kept*> kept{nullptr};  // until the process ends

// Under these guards no other call of this library replaces a list. It waits for neither.
void remove_guarded(const fs::path& vmx, const fs::path& former) noexcept {
    try {
        const io::FolderGuard snapshots{vmx.parent_path(), io::LockKind::Shared, {}, former};
        const io::FolderGuard list{vmx, io::LockKind::Exclusive, {}, vmx.string() + ".list"};
        unlink(former.c_str());
    } catch (...) {
        // The file stays, which is harmless.
    }
}

void remove_all() {
    Kept& own = *kept;
    const std::lock_guard lock{own.mutex};
    for (const auto& [vmx, former] : own.formers) remove_guarded(vmx, former);
    own.formers.clear();
}

// The child starts with none: the files are its parent's, and a thread that the child does not have
// may hold the mutex.
void start_anew_in_child() {
    kept = new Kept{{}, {}, kept};  // NOLINT: as above
}

bool start() {
    kept = new Kept;  // NOLINT: as above
    return pthread_atfork(nullptr, nullptr, start_anew_in_child) == 0 &&
           std::atexit(remove_all) == 0;
}

}  // namespace

void FormerLists::keep(const fs::path& vmx, const fs::path& former) {
    static const bool started = start();
    static_cast<void>(started);
    Kept& own = *kept;
    const std::lock_guard lock{own.mutex};
    own.formers.insert_or_assign(vmx, former);
}

void FormerLists::remove(const fs::path& vmx) noexcept {
    Kept* own = kept;
    if (own == nullptr) return;
    const std::lock_guard lock{own->mutex};
    const auto found = own->formers.find(vmx);
    if (found == own->formers.end()) return;
    remove_guarded(found->first, found->second);
    own->formers.erase(found);
}

}  // namespace vix::ops
