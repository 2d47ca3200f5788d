#include "ops/child_disks.h"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "io/folder.h"
#include "ops/disk_build.h"
#include "vm/machine_state.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

// A file of the disk `name`: its descriptor, or an extent that somebody left without one.
bool is_of(const std::string& file, const std::string& name) {
    const bool begins = file.compare(0, name.size(), name) == 0 && file.size() > name.size();
    return begins && (file[name.size()] == '.' || file[name.size()] == '-');
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

// The folder is read once, however many numbers are taken in it.
std::string ChildDisks::free_name(const fs::path& disk) {
    const fs::path folder = disk.parent_path();
    auto known = taken_.find(folder);
    if (known == taken_.end()) known = taken_.emplace(folder, io::names_in(folder)).first;
    std::vector<std::string>& taken = known->second;
    const std::string stem = without_snapshot_number(disk.stem().string()) + '-';
    std::vector<std::string> near;
    std::copy_if(taken.begin(), taken.end(), std::back_inserter(near),
                 [&](const auto& file) { return file.compare(0, stem.size(), stem) == 0; });
    std::sort(near.begin(), near.end());
    const auto is_taken = [&](const std::string& candidate) {
        const auto first = std::lower_bound(near.begin(), near.end(), candidate);
        return std::any_of(first, near.end(), [&](const auto& f) { return is_of(f, candidate); });
    };
    std::string name = snapshot_disk_name(disk.stem().string(), is_taken);
    taken.push_back(name + ".vmdk");
    return name;
}

void ChildDisks::plan(const vm::DiskDevice& device, const vm::Config& machine) {
    const fs::path path = vm::find_disk(device, machine, settings_);
    vm::Disk parent = vm::open_whole_disk(path, machine.search_folders(settings_), settings_);
    DiskPlan plan = plan_child(parent, free_name(path), path.filename().string());
    names_[to_lower(device.node)] = named_beside(device.file.name, plan.descriptor_name);
    children_.push_back({path.parent_path(), std::move(parent), std::move(plan)});
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
