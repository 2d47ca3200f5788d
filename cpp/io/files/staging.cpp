#include "io/files/staging.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <sstream>

#include "base/error.h"
#include "io/files/file.h"
#include "io/files/folder.h"
#include "io/process/uninterrupted.h"

namespace vix::io {
namespace {

// Lists the files about to be published, each as inode and time, a blank, the name and a NUL. After
// a crash it distinguishes a moved file from one that somebody else put there.
constexpr const char* kManifest = ".manifest";
constexpr std::uint64_t kManifestLimit = std::uint64_t{16} << 20;

std::vector<std::string> names_to_publish(const fs::path& folder, const std::string& last) {
    std::vector<std::string> names;
    for (const std::string& name : names_in(folder)) {
        if (name != kManifest && name != last) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    names.push_back(last);
    return names;
}

// Inode and modification time: both survive a rename, and together they distinguish a file from any
// other that gets its name or its inode later. Empty if there is no such file.
std::string mark_of(const fs::path& path) {
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0) return {};
    return std::to_string(status.st_ino) + ':' + std::to_string(status.st_mtim.tv_sec) + '.' +
           std::to_string(status.st_mtim.tv_nsec);
}

void move_without_replacing(const fs::path& from, const fs::path& to) {
    if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
    if (errno != EINVAL && errno != ENOSYS) throw system_error(errno, "creating", to.string());
    // This file system lacks RENAME_NOREPLACE, so the lock on the destination must suffice.
    if (identity_of(to)) throw system_error(EEXIST, "creating", to.string());
    if (rename(from.c_str(), to.c_str()) != 0) throw system_error(errno, "creating", to.string());
}

void remove_staged(const fs::path& folder) {
    if (!remove_whole(folder)) throw system_error(errno, "deleting", folder.string());
}

void remove_published(const fs::path& staging, const fs::path& destination) {
    const fs::path manifest = staging / kManifest;
    if (!fs::exists(manifest)) return;
    std::istringstream lines{read_text(manifest, kManifestLimit, Links::Refuse)};
    for (std::string line; std::getline(lines, line, '\0');) {
        const auto space = line.find(' ');
        if (space == std::string::npos) continue;
        const fs::path published = destination / fs::path{line.substr(space + 1)}.filename();
        if (mark_of(published) != line.substr(0, space)) continue;
        // If this fails the manifest stays: nothing else shows that the file is ours.
        remove_file(published);
    }
}

// Creates an empty folder and locks it. Removes an existing one that nobody has locked: its builder
// was killed.
Descriptor lock_new_folder(const fs::path& folder) {
    for (;;) {
        const bool made = mkdir(folder.c_str(), 0777) == 0;
        if (!made && errno != EEXIST) {
            throw system_error(errno, "creating the folder", folder.string());
        }
        Descriptor opened{uninterrupted(
            [&] { return open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); })};
        if (opened.number < 0) {
            if (errno == ENOENT) continue;
            throw system_error(errno, "opening", folder.string());
        }
        const bool locked = flock(opened.number, LOCK_EX | LOCK_NB) == 0;
        // On a file system without flock(), a folder that we did not create may be in use.
        if (!locked && (errno == EWOULDBLOCK || !made)) {
            throw Error{
                VIX_E_FILE_ALREADY_LOCKED,
                "another call is creating the same folder: it has locked " + folder.string()};
        }
        if (made) return opened;
        remove_staged(folder);
    }
}

// A withdrawal must be durable: otherwise the published files could reappear after a crash, when
// others have already undone what they did for them.
void sync_withdrawal(const fs::path& folder, Durability durability) noexcept {
    if (durability == Durability::Unsynced) return;
    try {
        sync_all({folder});
    } catch (...) {
        // The error that led here says more.
    }
}

bool is_same_folder(int descriptor, const fs::path& path) {
    struct stat open_one {};
    struct stat named {};
    return fstat(descriptor, &open_one) == 0 && lstat(path.c_str(), &named) == 0 &&
           open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
}

}  // namespace

NewFolders::NewFolders(const fs::path& folder) {
    std::vector<fs::path> missing;
    for (fs::path at = folder; !at.empty() && !fs::exists(at); at = at.parent_path()) {
        missing.push_back(at);
    }
    for (auto at = missing.rbegin(); at != missing.rend(); ++at) {
        if (mkdir(at->c_str(), 0777) == 0) {
            made_.push_back(*at);
        } else if (errno != EEXIST) {
            const int reason = errno;
            while (!made_.empty()) {
                rmdir(made_.back().c_str());
                made_.pop_back();
            }
            throw system_error(reason, "creating the folder", at->string());
        }
    }
}

// rmdir() removes only empty folders: somebody else may have begun to use one.
NewFolders::~NewFolders() {
    for (auto at = made_.rbegin(); at != made_.rend(); ++at) rmdir(at->c_str());
}

std::vector<fs::path> NewFolders::holders() const {
    std::vector<fs::path> folders;
    for (const fs::path& folder : made_) folders.push_back(folder.parent_path());
    return folders;
}

fs::path Staging::folder_for(const fs::path& last) {
    return last.parent_path() / (".vix-staging-" + last.stem().string());
}

void Staging::remove_leftovers(const fs::path& last) {
    const fs::path folder = folder_for(last);
    if (!fs::is_directory(fs::symlink_status(folder))) return;
    // If the last file exists, all files were published; only the staging folder was left.
    if (!fs::exists(fs::symlink_status(last))) remove_published(folder, last.parent_path());
    remove_staged(folder);
}

void StagingPlace::begin_sync(const std::vector<fs::path>& also) {
    std::vector<fs::path> paths = prepare();
    if (durability_ == Durability::Unsynced) return;
    for (const std::string& name : names_in(folder_)) paths.push_back(folder_ / name);
    paths.push_back(folder_);
    paths.insert(paths.end(), also.begin(), also.end());
    syncing_.add(paths);
}

void StagingPlace::finish_sync() {
    syncing_.finish();
}

Staging::Staging(const fs::path& last, Durability durability)
    : StagingPlace{folder_for(last), durability}, last_{last} {
    if (mkdir(folder().c_str(), 0777) != 0) {
        throw system_error(errno, "creating the folder", folder().string());
    }
}

Staging::~Staging() {
    // The file that completes the set goes first.
    for (auto path = moved_.rbegin(); path != moved_.rend(); ++path) unlink(path->c_str());
    if (!moved_.empty()) sync_withdrawal(last_.parent_path(), durability());
    static_cast<void>(remove_whole(folder()));
}

// Only the manifest identifies a file that has left the staging folder. So the destination folder
// is synced, too: the staging folder must not be lost while a moved file survives.
std::vector<fs::path> Staging::prepare() {
    std::string text;
    for (const std::string& name : names_to_publish(folder(), last_.filename().string())) {
        text += mark_of(folder() / name) + ' ' + name + '\0';
    }
    File manifest = File::create(folder() / kManifest, 0600);
    manifest.write_at(0, as_bytes(text));
    manifest.finish(Durability::Unsynced);
    return {last_.parent_path()};
}

void Staging::publish(Progress& progress) {
    move_out(names_to_publish(folder(), last_.filename().string()), progress);
    progress.checkpoint("published");
    moved_.clear();
}

void Staging::move_out(const std::vector<std::string>& names, Progress& progress) {
    const fs::path destination = last_.parent_path();
    for (const std::string& name : names) {
        const fs::path target = destination / name;
        // All other files must be durable before the one that completes the set appears.
        if (target == last_ && durability() == Durability::Synced) sync_all({destination});
        progress.checkpoint("publish");
        move_without_replacing(folder() / name, target);
        moved_.push_back(target);
    }
    if (durability() == Durability::Synced) sync_all({destination});
}

NewFolderStaging::NewFolderStaging(const fs::path& destination, Durability durability)
    : StagingPlace{destination.parent_path() / (".vix-staging-" + destination.filename().string()),
                   durability},
      destination_{destination} {
    for (;;) {
        descriptor_ = lock_new_folder(folder());
        if (is_same_folder(descriptor_.number, folder())) return;
        descriptor_.shut();  // before our lock, somebody removed it as the remains of a crash
    }
}

NewFolderStaging::~NewFolderStaging() {
    if (moved_ && !published_) withdraw();
    if (!published_) static_cast<void>(remove_whole(folder()));
    // Closing alone is not enough: a process forked meanwhile has the descriptor, too.
    flock(descriptor_.number, LOCK_UN);
}

void NewFolderStaging::publish(Progress& progress) {
    progress.checkpoint("publish");
    move_without_replacing(folder(), destination_);
    moved_ = true;
    progress.checkpoint("published");
    if (durability() == Durability::Synced) sync_all({destination_.parent_path()});
    published_ = true;
}

// The error that led here says more than a failure in here.
void NewFolderStaging::withdraw() noexcept {
    boost::system::error_code ignored;
    fs::rename(destination_, folder(), ignored);
    sync_withdrawal(destination_.parent_path(), durability());
}

}  // namespace vix::io
