#include "ops/neighbours.h"

#include <boost/filesystem/operations.hpp>

#include "base/text.h"
#include "io/folder.h"
#include "io/same_file.h"
#include "ops/disk_family.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

// Not what was found is wrong: nothing could be found out.
bool is_unseen(const Error& error) {
    return error.code() == VIX_E_FILE_ACCESS_ERROR || error.code() == VIX_E_FILE_ERROR ||
           is_exhaustion(error.code());
}

}  // namespace

// What is no plain file, or no configuration, refers to nothing.
std::vector<vm::Config> neighbours(const fs::path& folder, const fs::path& vmx) {
    std::vector<vm::Config> found;
    for (const std::string& name : io::names_in(folder)) {
        const fs::path path = folder / name;
        if (!equal_ignoring_case(path.extension().string(), ".vmx")) continue;
        if (path == vmx || io::is_same_file(path, vmx)) continue;
        boost::system::error_code error;
        const auto type = fs::status(path, error).type();
        if (type == fs::status_error &&
            error != boost::system::errc::too_many_symbolic_link_levels) {
            throw system_error(error.value(), "looking for", path.string());
        }
        if (type != fs::regular_file) continue;
        try {
            // A text with a fault still names disks.
            const std::string text = io::read_text(path, vm::Config::kMostBytes);
            found.push_back(vm::Config::parse_leniently(path, text));
        } catch (const Error& failure) {
            if (is_unseen(failure)) throw;
        }
    }
    return found;
}

vm::SnapshotTree snapshots_of(const vm::Config& machine) {
    return vm::SnapshotTree::read(vm::snapshot_list_path(machine.path()));
}

bool may_stand_on_more(const Error& error, const std::vector<vm::DiskLink>& chain,
                       const vm::Config& machine, const vm::Settings& settings) {
    if (is_unseen(error)) return true;
    if (error.code() != VIX_E_DISK_OPENPARENT || chain.empty()) return false;
    const vm::DiskLink& last = chain.back();
    try {
        const auto parent =
            vm::find_file({last.descriptor.parent_hint, last.descriptor.parent_hint_bytes},
                          last.folder(), machine.search_folders(settings), settings);
        return parent.has_value();
    } catch (const Error& failure) {
        return failure.code() != VIX_E_FILE_NAME_INVALID;  // a drive that is not mapped
    }
}

std::set<io::FileIdentity> disks_of_neighbours(const fs::path& folder, const fs::path& vmx,
                                               const vm::Settings& settings) {
    std::set<io::FileIdentity> files;
    for (const vm::Config& machine : neighbours(folder, vmx)) {
        const DiskFamily family{machine, snapshots_of(machine), settings,
                                DiskFamily::Unreadable::Skip};
        if (const auto& unseen = family.unseen()) throw Error{*unseen};
        for (const auto& [id, member] : family.members()) {
            for (const fs::path& file : files_of(member.link, settings)) {
                if (const auto identity = io::identity_of(file)) files.insert(*identity);
            }
        }
    }
    return files;
}

}  // namespace vix::ops
