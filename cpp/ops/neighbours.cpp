#include "ops/neighbours.h"

#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "base/text.h"
#include "io/folder.h"
#include "io/same_file.h"
#include "ops/disk_family.h"

namespace fs = boost::filesystem;

namespace vix::ops {
std::vector<vm::Config> neighbours(const fs::path& folder, const fs::path& vmx) {
    std::vector<vm::Config> found;
    for (const std::string& name : io::names_in(folder)) {
        const fs::path path = folder / name;
        if (!equal_ignoring_case(path.extension().string(), ".vmx")) continue;
        if (path == vmx || io::is_same_file(path, vmx)) continue;
        try {
            found.push_back(vm::Config::read(path));
        } catch (const Error&) {
            // What cannot be read refers to nothing.
        }
    }
    return found;
}

vm::SnapshotTree snapshots_of(const vm::Config& machine) {
    try {
        return vm::SnapshotTree::read(vm::snapshot_list_path(machine.path()));
    } catch (const Error&) {
        return {};
    }
}

std::set<io::FileIdentity> disks_of_neighbours(const fs::path& folder, const fs::path& vmx,
                                               const vm::Settings& settings) {
    std::set<io::FileIdentity> files;
    for (const vm::Config& machine : neighbours(folder, vmx)) {
        const DiskFamily family{machine, snapshots_of(machine), settings,
                                DiskFamily::Unreadable::Skip};
        for (const auto& [id, member] : family.members()) {
            for (const fs::path& file : files_of(member.link, settings)) {
                if (const auto identity = io::identity_of(file)) files.insert(*identity);
            }
        }
    }
    return files;
}

}  // namespace vix::ops
