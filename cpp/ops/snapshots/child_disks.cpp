#include "ops/snapshots/child_disks.h"

#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "io/files/folder.h"
#include "io/files/same_file.h"
#include "ops/disks/disk_build.h"
#include "power/saved_state.h"
#include "vm/machine/working_folder.h"
#include "vm/snapshots/census.h"
#include "vm/snapshots/machine_state.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

// True for a file of the disk `name`: its descriptor, or an extent left without one.
bool is_of(const std::string& file, const std::string& name) {
    const bool begins = starts_with_ignoring_case(file, name) && file.size() > name.size();
    return begins && (file[name.size()] == '.' || file[name.size()] == '-');
}

// Returns the parent names of those files that are disks. The name of a missing parent counts as
// taken: the parent may be absent only for a moment.
std::vector<std::string> parents_of(const std::vector<std::string>& files, const fs::path& folder) {
    std::vector<std::string> parents;
    for (const std::string& file : files) {
        if (!equal_ignoring_case(fs::path{file}.extension().string(), ".vmdk")) continue;
        try {
            parents.push_back(vm::bare_name(vm::read_link(folder / file).descriptor.parent_hint));
        } catch (const Error& error) {
            if (is_exhaustion(error.code())) throw;  // else an extent, or unreadable
        }
    }
    return parents;
}

}  // namespace

std::string named_beside(const std::string& name, const std::string& file_name) {
    const auto separator = name.find_last_of("/\\");
    return separator == std::string::npos ? file_name : name.substr(0, separator + 1) + file_name;
}

ChildDisks::~ChildDisks() {
    if (!made_) return;
    for (const fs::path& file : files()) unlink(file.c_str());
}

void ChildDisks::avoid(const vm::Config& machine, const vm::SnapshotTree& tree,
                       const std::vector<std::string>& names) {
    const auto add = [&](const std::string& name) { named_.push_back(vm::bare_name(name)); };
    for (const vm::DiskDevice& device : machine.all_disks()) add(device.file.name);
    for (const vm::Snapshot& snapshot : tree.snapshots()) {
        for (const vm::SnapshotDisk& disk : snapshot.disks) add(disk.file.name);
    }
    for (const std::string& name : vm::disk_names_of_others(machine.path(), names)) add(name);
    std::vector<std::string>& here = taken_[machine.folder()] = names;
    here.insert(here.end(), named_.begin(), named_.end());
}

// Reads each folder once, however many names it needs there. avoid() has read the machine's folder.
std::string ChildDisks::free_name(const fs::path& folder, const std::string& disk_stem) {
    auto known = taken_.find(folder);
    if (known == taken_.end()) {
        known = taken_.emplace(folder, io::names_in(folder)).first;
        known->second.insert(known->second.end(), named_.begin(), named_.end());
    }
    std::vector<std::string>& taken = known->second;
    const std::string stem = without_snapshot_number(disk_stem) + '-';
    std::vector<std::string> near;
    std::copy_if(taken.begin(), taken.end(), std::back_inserter(near),
                 [&](const auto& file) { return starts_with_ignoring_case(file, stem); });
    std::set<std::string> numbers;  // names in lower case, up to the end of the number
    for (const std::string& file : near) {
        numbers.insert(to_lower(file.substr(0, file.find_first_of(".-", stem.size()))));
    }
    // Parents matter only if a number below an existing one is free. They are read at most once.
    std::optional<std::vector<std::string>> parents;
    const auto is_taken = [&](const std::string& candidate) {
        if (numbers.contains(to_lower(candidate))) return true;
        if (numbers.empty() || *numbers.rbegin() < to_lower(candidate)) return false;
        if (!parents) parents = parents_of(near, folder);
        return std::any_of(parents->begin(), parents->end(),
                           [&](const auto& parent) { return is_of(parent, candidate); });
    };
    std::string name = snapshot_disk_name(disk_stem, is_taken);
    taken.push_back(name + ".vmdk");
    return name;
}

void ChildDisks::plan(const vm::DiskDevice& device, const vm::Machine& machine) {
    const fs::path path = machine.find_disk(device);
    vm::Disk parent = vm::open_whole_disk(path, machine.search_folders(), machine.settings());
    const fs::path folder = vm::redo_folder(machine).value_or(path.parent_path());
    const bool beside = io::is_same_file(folder, path.parent_path());
    DiskPlan plan = plan_child(parent, free_name(folder, path.stem().string()),
                               beside ? path.filename().string() : fs::canonical(path).string());
    names_[to_lower(device.node)] = beside
                                        ? named_beside(device.file.name, plan.descriptor_name)
                                        : power::name_from(machine, folder / plan.descriptor_name);
    children_.push_back({folder, std::move(parent), std::move(plan)});
}

void ChildDisks::plan_instead(const vm::DiskDevice& device, const vm::Machine& machine,
                              vm::Disk parent) {
    const fs::path path = machine.find_disk(device);
    const fs::path folder = path.parent_path();
    const fs::path& below = parent.chain.front().path;
    const bool beside = io::is_same_file(folder, below.parent_path());
    const std::string hint = beside ? below.filename().string() : fs::canonical(below).string();
    DiskPlan plan = plan_child(parent, free_name(folder, path.stem().string()), hint);
    names_[to_lower(device.node)] = named_beside(device.file.name, plan.descriptor_name);
    children_.push_back({folder, std::move(parent), std::move(plan)});
}

void ChildDisks::build(Progress& progress) {
    made_ = true;
    for (const Child& child : children_) {
        build_empty_disk(child.parent, child.plan, child.folder, progress);
    }
}

std::vector<fs::path> ChildDisks::files() const {
    std::vector<fs::path> files = adopted_;
    for (const Child& child : children_) {
        if (!child.plan.embedded) files.push_back(child.folder / child.plan.descriptor_name);
        for (const ExtentPlan& extent : child.plan.extents) {
            files.push_back(child.folder / extent.file_name);
        }
    }
    return files;
}

std::vector<fs::path> ChildDisks::parents() const {
    std::vector<fs::path> parents;
    for (const Child& child : children_) parents.push_back(child.parent.chain.front().path);
    return parents;
}

std::vector<fs::path> ChildDisks::to_sync() const {
    std::set<fs::path> paths;
    for (const fs::path& file : files()) {
        paths.insert(file);
        paths.insert(file.parent_path());
    }
    return {paths.begin(), paths.end()};
}

}  // namespace vix::ops
