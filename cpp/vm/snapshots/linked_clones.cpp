#include "vm/snapshots/linked_clones.h"

#include <sys/stat.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <cerrno>

#include "base/error.h"
#include "io/files/same_file.h"
#include "vm/disks/disk.h"
#include "vm/machine/moved.h"
#include "vm/snapshots/census.h"

namespace fs = boost::filesystem;

namespace vix::vm {
namespace {

// Returns true also if it is unknown.
bool may_be_there(const fs::path& path, struct stat& status) {
    if (stat(path.c_str(), &status) == 0) return true;
    status = {};
    return errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG && errno != ELOOP;
}

bool may_be_same(const fs::path& a, const fs::path& b) {
    struct stat one {};
    struct stat other {};
    if (!may_be_there(a, one) || !may_be_there(b, other)) return false;
    const bool unknown = one.st_ino == 0 || other.st_ino == 0;
    return unknown || (one.st_dev == other.st_dev && one.st_ino == other.st_ino);
}

// Whether the clone, which exists, is at the recorded path.
bool is_at(const fs::path& clone, const fs::path& recorded) {
    boost::system::error_code error;
    const bool same = fs::equivalent(clone, recorded, error);
    if (!error) return same;
    if (error == boost::system::errc::permission_denied || error == boost::system::errc::io_error) {
        throw system_error(error.value(), "looking for", clone.string());
    }
    return false;
}

// Reads who the parent is from the snapshot list of the clone at `clone`, which the machine's
// snapshot list calls `recorded`.
enum class Parent { ThisMachine, Another, Unknown };

Parent parent_in_list(const fs::path& clone, const std::string& recorded, const Machine& machine) {
    auto found = Parent::Unknown;
    const fs::path home = recorded_path(recorded, machine.folder(), machine.settings());
    for (const std::string& parent : SnapshotTree::read(snapshot_list_path(clone)).clone_of()) {
        const fs::path place = recorded_path(parent, clone.parent_path(), machine.settings());
        if (may_be_same(place, machine.path())) return Parent::ThisMachine;
        struct stat ignored {};
        // A clone at its recorded path has its parent at the path that it names, even if this
        // machine looks the same. For a clone that was moved or copied, the relative path between
        // the two decides.
        const bool at_home = is_at(clone, home) && may_be_there(place, ignored);
        if (at_home) found = Parent::Another;
        if (!at_home && is_same_way(parent, recorded, machine.path(), clone))
            return Parent::ThisMachine;
    }
    return found;
}

// Whether a disk in the clone's folder depends on a frozen disk of the snapshot.
bool depends_on(const Snapshot& snapshot, const fs::path& clone, const Machine& machine) {
    Census census{machine.path(), {}, machine.settings()};
    census.add_folder(clone.parent_path());
    const Needs needs = census.needs_beside({});
    if (const auto& unseen = needs.unseen()) throw Error{*unseen};
    return std::any_of(snapshot.disks.begin(), snapshot.disks.end(), [&](const auto& disk) {
        const auto path = machine.find_file(disk.file);
        return path && needs.contains(*path);
    });
}

// Whether the clone at `clone`, which the machine's snapshot list calls `recorded`, depends on the
// snapshot. The clone's own list may be lost, and a copy of the machine next to the original has
// the original's records; in both cases the clone's disks decide. A clone that may exist but cannot
// be read counts as alive: removing the snapshot would destroy all of its data.
bool is_alive(LiveClone& live, const std::string& recorded, const Snapshot& snapshot,
              const Machine& machine) {
    const fs::path& clone = live.vmx;
    struct stat status {};
    const bool is_there = may_be_there(clone, status);
    if (!is_there && !may_be_there(clone.parent_path(), status)) return false;
    try {
        const auto parent = is_there ? parent_in_list(clone, recorded, machine) : Parent::Unknown;
        if (parent == Parent::ThisMachine) return true;
        // In its own folder the machine's own disks also depend on the snapshot.
        if (io::is_same_file(clone.parent_path(), machine.folder())) return false;
        return depends_on(snapshot, clone, machine);
    } catch (const Error& error) {
        if (is_exhaustion(error.code())) throw;
        live.doubt = error.detail();
        return true;
    }
}

}  // namespace

fs::path recorded_path(const std::string& recorded, const fs::path& folder,
                       const Settings& settings) {
    try {
        const auto path = find_file({recorded, recorded}, folder, {}, settings);
        if (path) return *path;
    } catch (const Error&) {
        // A drive that is not mapped.
    }
    return fs::absolute(fs::path{recorded}, folder);
}

namespace {

// A parent in the same folder is named without a folder.
bool names_own_parent(const DiskLink& link, const fs::path& folder) {
    return io::is_same_file(link.folder(), folder) &&
           link.descriptor.parent_hint.find_first_of("/\\:") == std::string::npos;
}

// `reached` is the chain down to the link where it breaks.
bool misses_own_file(const Error& error, const std::vector<DiskLink>& reached,
                     const fs::path& folder) {
    if (error.code() == VIX_E_FILE_NOT_FOUND) return true;  // of the topmost disk
    return error.code() == VIX_E_DISK_OPENPARENT && !reached.empty() &&
           names_own_parent(reached.back(), folder);
}

void check_linked_disk(const DiskDevice& device, const Machine& machine) {
    std::vector<DiskLink> chain;
    try {
        follow_chain(machine.find_disk(device), machine.search_folders(), machine.settings(),
                     chain);
        const auto others = std::find_if(chain.begin(), chain.end(), [&](const DiskLink& link) {
            return !io::is_same_file(link.folder(), machine.folder());
        });
        // Keep the link before the first foreign one: errors name it as the child.
        if (others != chain.begin()) chain.erase(chain.begin(), others - 1);
        require_extents(chain, machine.settings());
    } catch (const Error& error) {
        if (!misses_own_file(error, chain, machine.folder())) throw;
    }
}

}  // namespace

void check_linked_disks(const Machine& machine) {
    if (machine.snapshots().clone_of().empty()) return;
    for (const DiskDevice& device : machine.disks()) check_linked_disk(device, machine);
}

std::string LiveClone::to_text() const {
    const std::string text = "the linked clone " + vmx.string();
    return doubt.empty()
               ? text
               : text + " (it counts as existing, because it cannot be read: " + doubt + ')';
}

std::vector<LiveClone> live_clones(const Machine& machine, const Snapshot& snapshot) {
    std::vector<LiveClone> live;
    for (const std::string& recorded : snapshot.clones) {
        std::vector<fs::path> places = moved_places(recorded, machine.folder());
        places.insert(places.begin(),
                      recorded_path(recorded, machine.folder(), machine.settings()));
        for (const fs::path& place : places) {
            LiveClone clone{place, {}};
            if (!is_alive(clone, recorded, snapshot, machine)) continue;
            live.push_back(std::move(clone));
            break;
        }
    }
    return live;
}

}  // namespace vix::vm
