#include "io/files/replacement.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>

#include "base/error.h"

namespace vix::io {
namespace {

constexpr std::uint64_t kMostText = std::uint64_t{1} << 30;

// While it is held, nobody else has the file open: the kernel refuses it if somebody has, and
// whoever opens the file waits. On a file system without leases it is never held.
class Lease {
  public:
    // Whoever waits makes the kernel send a signal to this process. By default that is SIGIO, which
    // ends it; SIGURG is ignored unless the program catches it.
    explicit Lease(const File& file)
        : descriptor_{file.descriptor()},
          held_{fcntl(descriptor_, F_SETSIG, SIGURG) == 0 &&
                fcntl(descriptor_, F_SETLEASE, F_WRLCK) == 0} {}
    ~Lease() {
        if (held_) fcntl(descriptor_, F_SETLEASE, F_UNLCK);
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    bool held() const { return held_; }

  private:
    int descriptor_;
    bool held_;
};

// Returns false if that is impossible. Then the caller writes the content whole, and that reports
// any error.
bool bring_up_to_date(const fs::path& path, const Former& former, std::string_view content) {
    try {
        File file = File::open_writable(path);
        const Lease lease{file};
        if (!lease.held() || state_of(file) != former.file) return false;
        for (const TextPart& part : former.stale) {
            file.write_at(part.begin, as_bytes(content.substr(part.begin, part.size)));
        }
        file.finish(Durability::Unsynced);
        return file.size() == content.size();
    } catch (const Error&) {
        return false;
    }
}

}  // namespace

fs::path fresh_name(const fs::path& path) {
    return path.string() + ".vix-new";
}

fs::path old_name(const fs::path& path) {
    return path.string() + ".vix-old";
}

Replacement::Replacement(const fs::path& path, std::string_view content, unsigned permissions)
    : path_{path}, fresh_{fresh_name(path)} {
    write(content, permissions);
}

Replacement::Replacement(const fs::path& path, std::string_view content, const Former& former)
    : path_{path}, fresh_{fresh_name(path)} {
    if (!bring_up_to_date(fresh_, former, content)) write(content, kNewPermissions);
}

void Replacement::write(std::string_view content, unsigned permissions) {
    // Left by a process that was killed; the caller holds the lock on the machine.
    unlink(fresh_.c_str());
    struct stat before {};
    const bool existed = stat(path_.c_str(), &before) == 0;
    if (!existed && errno != ENOENT) throw system_error(errno, "replacing", path_.string());
    File file = File::create(fresh_, existed ? before.st_mode & 0777U : permissions);
    try {
        // A machine keeps its owner when root changes it; only root can do that. chown comes before
        // chmod, because it may clear mode bits.
        const bool others = existed && (before.st_uid != geteuid() || before.st_gid != getegid());
        if (others && fchown(file.descriptor(), before.st_uid, before.st_gid) != 0) {
            if (errno != EPERM && errno != EINVAL)
                throw system_error(errno, "preparing", fresh_.string());
        }
        if (existed && fchmod(file.descriptor(), before.st_mode & 07777) != 0) {
            throw system_error(errno, "preparing", fresh_.string());
        }
        file.write_at(0, as_bytes(content));
        file.finish(Durability::Unsynced);
    } catch (...) {
        unlink(fresh_.c_str());
        throw;
    }
}

Replacement::~Replacement() {
    if (!committed_) unlink(fresh_.c_str());
}

void Replacement::commit(Durability durability) {
    if (rename(fresh_.c_str(), path_.c_str()) != 0) {
        throw system_error(errno, "replacing", path_.string());
    }
    committed_ = true;
    if (durability == Durability::Synced) sync_all({path_.parent_path()});
}

void Replacement::exchange() {
    const char* path = path_.c_str();
    if (renameat2(AT_FDCWD, fresh_.c_str(), AT_FDCWD, path, RENAME_EXCHANGE) != 0) {
        return commit(Durability::Synced);
    }
    committed_ = true;
    sync_all({path_.parent_path()});
}

void UndoableReplacement::commit(Durability durability) {
    durability_ = durability;
    save_old();
    replacement_.commit(Durability::Unsynced);
    state_ = State::Replaced;
    if (durability == Durability::Synced) sync_all({path_.parent_path()});
}

void UndoableReplacement::keep() noexcept {
    // If this fails, the next change deletes the file: see save_old() and ops::Pending.
    if (!old_text_) unlink(old_name(path_).c_str());
    state_ = State::Kept;
}

void UndoableReplacement::save_old() {
    const fs::path old = old_name(path_);
    unlink(old.c_str());  // left by a process that was killed
    if (link(path_.c_str(), old.c_str()) != 0) {
        const bool impossible =
            errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK;
        if (!impossible) throw system_error(errno, "saving the old content of", path_.string());
        old_text_ = read_text(path_, kMostText);
    }
    state_ = State::Saved;
}

UndoableReplacement::~UndoableReplacement() {
    if (state_ == State::Replaced) put_back();
    if (state_ == State::Saved && !old_text_) unlink(old_name(path_).c_str());
}

void UndoableReplacement::put_back() noexcept {
    try {
        if (old_text_) return replace_file(path_, *old_text_, durability_);
        if (rename(old_name(path_).c_str(), path_.c_str()) != 0) return;
        if (durability_ == Durability::Synced) sync_all({path_.parent_path()});
    } catch (...) {
        // The error that is already being thrown says more.
    }
}

void replace_file(const fs::path& path, std::string_view content, Durability durability,
                  unsigned permissions) {
    Replacement replacement{path, content, permissions};
    if (durability == Durability::Synced) sync_all({replacement.fresh()});
    replacement.commit(durability);
}

}  // namespace vix::io
