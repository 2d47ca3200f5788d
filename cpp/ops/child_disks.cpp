#include "ops/child_disks.h"

#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <set>

#include "base/text.h"
#include "ops/disk_build.h"
#include "ops/disk_plan.h"
#include "vm/machine_state.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

// The same way of naming it, with another file name at the end.
std::string named_beside(const std::string& name, const std::string& file_name) {
    const auto separator = name.find_last_of("/\\");
    return separator == std::string::npos ? file_name : name.substr(0, separator + 1) + file_name;
}

// Also by an extent that a call which died has left.
bool is_taken(const fs::path& folder, const std::string& name) {
    for (const auto& entry : fs::directory_iterator{folder}) {
        const std::string file = entry.path().filename().string();
        const bool same = file.compare(0, name.size(), name) == 0 && file.size() > name.size();
        if (same && (file[name.size()] == '.' || file[name.size()] == '-')) return true;
    }
    return false;
}

}  // namespace

ChildDisks::~ChildDisks() {
    for (const fs::path& file : files_) unlink(file.c_str());
}

void ChildDisks::add(const vm::DiskDevice& device, const vm::Config& machine, Progress& progress) {
    const fs::path path = vm::find_disk(device, machine, settings_);
    const vm::Disk parent = vm::open_whole_disk(path, machine.search_folders(settings_), settings_);
    const fs::path folder = path.parent_path();
    const std::string name = snapshot_disk_name(
        path.stem().string(),
        [&](const std::string& candidate) { return is_taken(folder, candidate); });
    const DiskPlan plan = plan_child(parent, name, path.filename().string());
    files_.push_back(folder / plan.descriptor_name);
    for (const ExtentPlan& extent : plan.extents) files_.push_back(folder / extent.file_name);
    build_empty_disk(parent, plan, folder, progress);
    names_[to_lower(device.node)] = named_beside(device.file.name, plan.descriptor_name);
}

void ChildDisks::sync() const {
    if (settings_.durability == vm::Durability::Unsynced) return;
    std::set<fs::path> paths;
    for (const fs::path& file : files_) {
        paths.insert(file);
        paths.insert(file.parent_path());
    }
    io::sync_all({paths.begin(), paths.end()});
}

}  // namespace vix::ops
