#include "ops/snapshots/disk_family.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "ops/disks/disk_plan.h"
#include "vm/machine/machine_files.h"
#include "vm/machine/working_folder.h"
#include "vm/snapshots/machine_state.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

std::optional<fs::path> find_named(const vm::NamedFile& file, const vm::Machine& machine) {
    try {
        return machine.find_file(file);
    } catch (const Error& error) {
        if (is_exhaustion(error.code())) throw;
        return std::nullopt;  // a path that cannot be resolved adds no folder
    }
}

// The machine's folder, its working folder, and the folder of each disk that a line of its .vmx
// names: a detached disk may depend on an attached one.
std::set<fs::path> folders_of_disks(const vm::Machine& machine) {
    std::set<fs::path> folders{machine.folder()};
    if (const auto working = vm::find_working_folder(machine)) folders.insert(*working);
    for (const vm::DiskDevice& device : machine.all_disks()) {
        const auto disk = find_named(device.file, machine);
        if (disk) folders.insert(disk->parent_path());
    }
    return folders;
}

}  // namespace

DiskFamily::DiskFamily(const vm::Machine& machine, const vm::SnapshotTree& tree,
                       Unreadable unreadable)
    : machine_{machine}, folder_{fs::canonical(machine.folder())} {
    for (const vm::DiskDevice& device : machine.disks()) {
        add_chain(device.file, unreadable, present_);
    }
    const std::string suspended = machine.find("checkpoint.vmState").value_or("");
    states_.push_back({suspended, suspended});
    for (const vm::Snapshot& snapshot : tree.snapshots()) {
        states_.push_back(snapshot.state_file);
        for (const vm::SnapshotDisk& disk : snapshot.disks) {
            add_chain(disk.file, unreadable, frozen_);
        }
    }
}

// Snapshots share most of their chains, so each walk ends at the first known link.
void DiskFamily::add_chain(const vm::NamedFile& file, Unreadable unreadable, std::set<Id>& tops) {
    const auto is_known = [&](const vm::DiskLink& link) {
        return members_.contains(link.identity);
    };
    std::vector<vm::DiskLink> chain;
    try {
        const fs::path path = machine_.find_disk({"a snapshot", file});
        vm::follow_chain(path, machine_.search_folders(), machine_.settings(), chain,
                         {vm::kMaxChainToShorten, is_known});
        vm::require_extents(chain, machine_.settings());
    } catch (const Error& error) {
        if (unreadable == Unreadable::Refuse) throw;
        complete_ = complete_ && chain.empty() && error.code() == VIX_E_FILE_NOT_FOUND;
        if (chain.empty()) return;
    }
    tops.insert(chain.front().identity);
    for (std::size_t i = 0; i < chain.size(); ++i) {
        Member member{chain[i], std::nullopt};
        if (i + 1 < chain.size()) member.parent = chain[i + 1].identity;
        const std::optional<Id> parent = member.parent;
        const bool is_new = members_.emplace(chain[i].identity, std::move(member)).second;
        if (is_new && parent) children_[*parent].push_back(chain[i].identity);
    }
}

const std::vector<DiskFamily::Id>& DiskFamily::children(const Id& id) const {
    static const std::vector<Id> kNone;
    const auto found = children_.find(id);
    return found == children_.end() ? kNone : found->second;
}

void DiskFamily::follow_merge(const Id& child) {
    const Id parent = *members_.at(child).parent;
    const std::optional<Id> below = members_.at(parent).parent;
    const std::vector<Id> above = children(child);
    std::vector<vm::DiskLink> merged;
    const auto enough = [](const vm::DiskLink&) { return true; };
    vm::follow_chain(members_.at(child).link.path, machine_.search_folders(), machine_.settings(),
                     merged, {vm::kMaxChainToShorten, enough});
    const Id now = merged.front().identity;
    for (const Id& gone : {child, parent}) {
        members_.erase(gone);
        children_.erase(gone);
    }
    members_.emplace(now, Member{std::move(merged.front()), below});
    for (const Id& id : above) members_.at(id).parent = now;
    if (!above.empty()) children_[now] = above;
    if (below) std::replace(children_[*below].begin(), children_[*below].end(), parent, now);
    for (std::set<Id>* named : {&present_, &frozen_}) {
        if (named->erase(child) != 0) named->insert(now);
    }
}

std::optional<DiskFamily::Id> DiskFamily::find(const fs::path& path) const {
    const auto id = io::identity_of(path);
    return id && members_.contains(*id) ? id : std::nullopt;
}

bool DiskFamily::is_own(const Id& id) const {
    const Member& member = members_.at(id);
    if (real_.of(member.link.folder()) == folder_) return true;
    if (adopted_.contains(member.link.path)) return true;
    const std::string stem = member.link.path.stem().string();
    const bool delta = member.parent && without_snapshot_number(stem) != stem;
    return delta && (is_present(id) || is_frozen(id));
}

const vm::Needs& DiskFamily::others() const {
    if (!others_) others_ = std::make_shared<const vm::Needs>(count_others());
    return *others_;
}

vm::Needs DiskFamily::count_others() const {
    std::vector<fs::path> states = vm::suspended_states(machine_.path());
    for (const vm::NamedFile& name : states_) {
        if (name.name.empty()) continue;
        if (const auto state = find_named(name, machine_)) states.push_back(*state);
    }
    std::set<fs::path> folders = folders_of_disks(machine_);
    std::set<Id> own;
    for (const auto& [id, member] : members_) {
        folders.insert(member.link.folder());
        own.insert(id);
    }
    vm::Census census{machine_.path(), states, machine_.settings()};
    for (const fs::path& folder : folders) census.add_folder(folder);
    return census.needs_beside(own);
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

}  // namespace vix::ops
