#include "ops/disk_family.h"

#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "ops/disk_plan.h"
#include "ops/neighbours.h"
#include "vm/machine_state.h"

namespace fs = boost::filesystem;

namespace vix::ops {

DiskFamily::DiskFamily(const vm::Config& machine, const vm::SnapshotTree& tree,
                       const vm::Settings& settings, Unreadable unreadable)
    : vmx_{machine.path()}, folder_{fs::canonical(machine.folder())}, settings_{settings} {
    for (const vm::DiskDevice& device : machine.disks()) {
        add_chain(device.file, machine, unreadable, present_);
    }
    for (const vm::Snapshot& snapshot : tree.snapshots()) {
        for (const vm::SnapshotDisk& disk : snapshot.disks) {
            add_chain(disk.file, machine, unreadable, frozen_);
        }
    }
}

// Snapshots share most of their chains: each is followed to the first link that is known already.
void DiskFamily::add_chain(const vm::NamedFile& file, const vm::Config& machine,
                           Unreadable unreadable, std::set<Id>& tops) {
    const auto is_known = [&](const vm::DiskLink& link) {
        return members_.contains(link.identity);
    };
    std::vector<vm::DiskLink> chain;
    try {
        const fs::path path = vm::find_disk({"a snapshot", file}, machine, settings_);
        vm::follow_chain(path, machine.search_folders(settings_), settings_, chain,
                         {vm::kMaxChainToShorten, is_known});
        vm::require_extents(chain, settings_);
    } catch (const Error& error) {
        if (unreadable == Unreadable::Refuse) throw;
        complete_ = complete_ && chain.empty() && error.code() == VIX_E_FILE_NOT_FOUND;
        if (!unseen_ && may_stand_on_more(error, chain, machine, settings_)) unseen_ = error;
        if (chain.empty()) return;
    }
    tops.insert(chain.front().identity);
    for (std::size_t i = 0; i < chain.size(); ++i) {
        Member member{chain[i], std::nullopt};
        if (i + 1 < chain.size()) member.parent = chain[i + 1].identity;
        members_.emplace(chain[i].identity, std::move(member));
    }
}

std::vector<DiskFamily::Id> DiskFamily::children(const Id& id) const {
    std::vector<Id> found;
    for (const auto& [other, member] : members_) {
        if (member.parent == id) found.push_back(other);
    }
    return found;
}

std::optional<DiskFamily::Id> DiskFamily::find(const fs::path& path) const {
    const auto id = io::identity_of(path);
    return id && members_.contains(*id) ? id : std::nullopt;
}

bool DiskFamily::is_own(const Id& id) const {
    const Member& member = members_.at(id);
    if (fs::canonical(member.link.folder()) == folder_) return true;
    if (adopted_.contains(member.link.path)) return true;
    const std::string stem = member.link.path.stem().string();
    const bool delta = member.parent && without_snapshot_number(stem) != stem;
    return delta && (is_present(id) || is_frozen(id));
}

bool DiskFamily::is_shared(const vm::DiskLink& link) const {
    const fs::path folder = fs::canonical(link.folder());
    auto known = neighbours_.find(folder);
    if (known == neighbours_.end()) {
        known = neighbours_.emplace(folder, std::nullopt).first;
        try {
            known->second = disks_of_neighbours(folder, vmx_, settings_);
        } catch (const Error& error) {
            if (is_exhaustion(error.code())) throw;
        }
    }
    return !known->second || known->second->contains(link.identity);
}

std::set<fs::path> DiskFamily::named() const {
    std::set<fs::path> paths;
    for (const auto& [id, member] : members_) {
        if (is_present(id) || is_frozen(id)) paths.insert(member.link.path);
    }
    return paths;
}

vm::Disk DiskFamily::disk(const Id& id) const {
    vm::Disk disk;
    for (std::optional<Id> at = id; at; at = members_.at(*at).parent) {
        disk.chain.push_back(members_.at(*at).link);
    }
    disk.capacity_sectors = disk.chain.front().descriptor.capacity_sectors();
    return disk;
}

std::vector<fs::path> files_of(const vm::DiskLink& link, const vm::Settings& settings) {
    std::vector<fs::path> files{link.path};
    if (link.embedded) return files;
    for (const auto& extent : link.descriptor.extents) {
        if (extent.name.empty()) continue;
        const auto path =
            vm::find_file({extent.name, extent.name_bytes}, link.folder(), {}, settings);
        if (path) files.push_back(*path);
    }
    return files;
}

}  // namespace vix::ops
