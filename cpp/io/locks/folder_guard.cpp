#include "io/locks/folder_guard.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>

#include "base/error.h"
#include "io/process/uninterrupted.h"

namespace vix::io {
namespace {

constexpr std::chrono::milliseconds kPause{1};

}  // namespace

FolderGuard::FolderGuard(const boost::filesystem::path& file_or_folder)
    : descriptor_{
          uninterrupted([&] { return open(file_or_folder.c_str(), O_RDONLY | O_CLOEXEC); })} {
    if (descriptor_.number < 0) throw system_error(errno, "opening", file_or_folder.string());
}

// If this constructor throws, the destructor still closes what the first constructor opened.
FolderGuard::FolderGuard(const boost::filesystem::path& file_or_folder, LockKind kind,
                         const Patience& patience, const boost::filesystem::path& fallback)
    : FolderGuard{file_or_folder} {
    const int operation = (kind == LockKind::Exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB;
    Wait wait{patience};
    while (flock(descriptor_.number, operation) != 0) {
        if (errno == EINTR) continue;
        if (errno != EWOULDBLOCK) {
            fallback_.emplace(fallback, kind, patience);
            return;
        }
        if (!wait.goes_on(kPause)) {
            throw Error{VIX_E_FILE_ALREADY_LOCKED, "another call is working on " +
                                                       file_or_folder.string() +
                                                       "; try again when it has finished"};
        }
    }
}

FolderGuard::~FolderGuard() {
    // Closing alone is not enough: a process forked meanwhile has the descriptor, too.
    flock(descriptor_.number, LOCK_UN);
}

}  // namespace vix::io
