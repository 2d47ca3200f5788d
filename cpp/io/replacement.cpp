#include "io/replacement.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace vix::io {
Replacement::Replacement(const fs::path& path, std::string_view content, unsigned permissions)
    : path_{path}, fresh_{path.string() + ".vix-new"} {
    unlink(fresh_.c_str());  // of a process that died over it; the lock on the machine is ours
    struct stat before {};
    const bool existed = stat(path.c_str(), &before) == 0;
    File file = File::create(fresh_, existed ? before.st_mode & 0777U : permissions);
    try {
        // A machine stays its owner's when root changes it. Only root can; before the mode, which
        // another owner would take the rest of.
        const bool others = existed && (before.st_uid != geteuid() || before.st_gid != getegid());
        if (others && fchown(file.descriptor(), before.st_uid, before.st_gid) != 0) {
            if (errno != EPERM && errno != EINVAL)
                throw system_error(errno, "preparing", fresh_.string());
        }
        if (existed && fchmod(file.descriptor(), before.st_mode & 07777) != 0) {
            throw system_error(errno, "preparing", fresh_.string());
        }
        file.write_at(0, as_bytes(content));
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

void replace_file(const fs::path& path, std::string_view content, Durability durability,
                  unsigned permissions) {
    Replacement replacement{path, content, permissions};
    if (durability == Durability::Synced) sync_all({replacement.fresh()});
    replacement.commit(durability);
}

}  // namespace vix::io
