#include "io/files/replacement.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace vix::io {
namespace {

constexpr std::uint64_t kMostText = std::uint64_t{1} << 30;

}  // namespace

fs::path fresh_name(const fs::path& path) {
    return path.string() + ".vix-new";
}

fs::path old_name(const fs::path& path) {
    return path.string() + ".vix-old";
}

Replacement::Replacement(const fs::path& path, std::string_view content, unsigned permissions)
    : path_{path}, fresh_{fresh_name(path)} {
    // Left by a process that was killed; the caller holds the lock on the machine.
    unlink(fresh_.c_str());
    struct stat before {};
    const bool existed = stat(path.c_str(), &before) == 0;
    if (!existed && errno != ENOENT) throw system_error(errno, "replacing", path.string());
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
