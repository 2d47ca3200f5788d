// Removing snapshots: the list forgets them, then disks that nobody needs by themselves any more
// are deleted or merged into their only child.
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "format/vmdk/descriptor.h"
#include "io/replacement.h"
#include "ops/disk_family.h"
#include "ops/disk_plan.h"
#include "ops/machine_lock.h"
#include "ops/merge.h"
#include "ops/new_snapshot.h"
#include "ops/snapshot.h"
#include "power/identity.h"
#include "power/saved_state.h"
#include "vm/linked_clones.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

using vm::Config;
using vm::SnapshotTree;

class Remover {
  public:
    Remover(const fs::path& vmx, const vm::Settings& settings, Progress& progress)
        : vmx_{vmx},
          settings_{settings},
          progress_{progress},
          list_{vm::snapshot_list_path(vmx)},
          tree_{SnapshotTree::read(list_)} {}

    void remove(int uid, RemoveChildren children) {
        if (tree_.find(uid) == nullptr) {
            throw Error{VIX_E_SNAPSHOT_NOTFOUND,
                        vmx_.string() + " has no snapshot with the id " + std::to_string(uid)};
        }
        const std::vector<int> uids =
            children == RemoveChildren::Yes ? tree_.subtree(uid) : std::vector{uid};
        for (const int removed : uids) check_removable(*tree_.find(removed));
        for (const int removed : uids) candidates_.merge(disks_of(*tree_.find(removed)));
        const std::vector<fs::path> states = files_of_states(uids);
        for (const int removed : uids) keep_memory(*tree_.find(removed));

        for (const int removed : uids) tree_.remove(removed);
        // What cannot be read would be found out too late.
        static_cast<void>(DiskFamily{config(), tree_, settings_});
        progress_.checkpoint("forget");
        progress_.point_of_no_return();
        io::replace_file(list_, tree_.to_bytes(), settings_.durability);
        for (const fs::path& state : states) unlink(state.c_str());
        while (consolidate_one()) {
        }
        give_back_names();
        write_sentinels(DiskFamily{config(), tree_, settings_}, {});
    }

  private:
    Config config() const { return Config::read(vmx_); }

    void check_removable(const vm::Snapshot& snapshot) const {
        const auto clones = vm::live_clones(vmx_, snapshot, settings_);
        if (clones.empty()) return;
        throw Error{VIX_E_SNAPSHOT_DISKLOCKED, "the snapshot \"" + snapshot.display_name +
                                                   "\" is the base of the linked clone " +
                                                   clones.front().string()};
    }

    // A machine that is suspended in the memory of the snapshot gets that for its own.
    void keep_memory(const vm::Snapshot& snapshot) const {
        const Config machine = config();
        const fs::path memory = memory_file(vmx_.parent_path(), snapshot);
        if (!power::is_state_of_snapshot(machine)) return;
        if (power::recorded_state_file(machine) != memory) return;
        const fs::path own = power::state_file_for(power::canonical_path(vmx_));
        unlink(own.c_str());
        share_file(memory, own, progress_);
        power::record_state(machine, own.filename().string(), settings_);
    }

    std::set<fs::path> disks_of(const vm::Snapshot& snapshot) const {
        const Config machine = config();
        std::set<fs::path> paths;
        for (const vm::SnapshotDisk& disk : snapshot.disks) {
            const auto path = vm::find_file(disk.file, machine.folder(),
                                            machine.search_folders(settings_), settings_);
            if (path) paths.insert(*path);
        }
        return paths;
    }

    std::vector<fs::path> files_of_states(const std::vector<int>& uids) const {
        std::vector<fs::path> files;
        for (const int uid : uids) {
            for (const fs::path& file : ops::state_files(vmx_.parent_path(), *tree_.find(uid))) {
                files.push_back(file);
            }
        }
        return files;
    }

    // One step towards no candidate being left that could go. Looks at the disks anew each time: a
    // step changes what they are.
    bool consolidate_one() {
        const DiskFamily family{config(), tree_, settings_};
        for (const fs::path& path : std::set{candidates_}) {
            const auto id = family.find(path);
            const bool needed = !id || family.is_present(*id) || family.is_frozen(*id);
            const auto children = id ? family.children(*id) : std::vector<DiskFamily::Id>{};
            if (!needed && children.size() > 1) continue;
            candidates_.erase(path);
            if (!id) delete_unreferenced(path);
            if (needed) continue;
            write_sentinels(family, family.members().at(children.front()).link.path);
            if (merge_into_child(family, children.front(), settings_, progress_)) return true;
        }
        return false;
    }

    // Nothing stands on it: it was the end of a branch. What it stood on may now have one child
    // less.
    void delete_unreferenced(const fs::path& path) {
        if (fs::canonical(path.parent_path()) != fs::canonical(vmx_.parent_path())) return;
        std::vector<vm::DiskLink> chain;
        try {
            vm::follow_chain(path, config().search_folders(settings_), settings_, chain);
        } catch (const Error&) {
            // Broken further up: what was reached is enough.
        }
        if (chain.empty()) return;
        if (chain.size() > 1) candidates_.insert(chain[1].path);
        for (const fs::path& file : files_of(chain.front(), settings_)) unlink(file.c_str());
    }

    // A present disk that stands on none of the machine's own gets its plain name back when that
    // has become free.
    void give_back_names() {
        const DiskFamily family{config(), tree_, settings_};
        for (const vm::DiskDevice& device : config().disks()) {
            const Config machine = config();
            const auto path = vm::find_file(device.file, machine.folder(),
                                            machine.search_folders(settings_), settings_);
            const auto id = path ? family.find(*path) : std::nullopt;
            if (!id || family.is_frozen(*id) || !family.is_own(*id)) continue;
            const auto& parent = family.members().at(*id).parent;
            if (parent && family.is_own(*parent)) continue;
            const fs::path plain =
                path->parent_path() / (without_snapshot_number(path->stem().string()) + ".vmdk");
            if (fs::symlink_status(plain).type() != fs::file_not_found) continue;
            if (candidates_.contains(*path)) continue;
            write_sentinels(family, plain);
            rename_present(device, family.members().at(*id).link, plain);
        }
    }

    // In a linked clone every disk that stands on another machine's must be known as such at any
    // time; `coming` is about to be one. Without these lines VMware deletes the parent's disks with
    // the clone.
    void write_sentinels(const DiskFamily& family, const fs::path& coming) {
        if (tree_.clone_of().empty()) return;
        std::vector<std::string> names;
        for (const auto& [id, member] : family.members()) {
            const bool last_own =
                family.is_own(id) && member.parent && !family.is_own(*member.parent);
            if (last_own) names.push_back(member.link.path.filename().string());
        }
        if (!coming.empty()) names.push_back(coming.filename().string());
        if (names == tree_.sentinels()) return;
        tree_.set_sentinels(names);
        io::replace_file(list_, tree_.to_bytes(), settings_.durability);
    }

    void rename_present(const vm::DiskDevice& device, const vm::DiskLink& link,
                        const fs::path& name) {
        if (link.embedded) {
            point_to_monolithic(link.path, name, link.descriptor, settings_);
        } else {
            io::replace_file(name, format::vmdk::to_text(link.descriptor), settings_.durability);
        }
        format::Dictionary changed = config().dictionary();
        changed.set(device.node + ".fileName", name.filename().string());
        io::replace_file(vmx_, changed.to_bytes(), settings_.durability);
        if (link.embedded) {
            settle_monolithic(link.path, name, link.descriptor, settings_);
        } else {
            unlink(link.path.c_str());
        }
    }

    fs::path vmx_;
    const vm::Settings& settings_;
    Progress& progress_;
    fs::path list_;
    SnapshotTree tree_;
    std::set<fs::path> candidates_;  // disks that the removed snapshots named
};

}  // namespace

void remove_snapshot(const fs::path& vmx, int uid, RemoveChildren children,
                     const vm::Settings& settings, Progress& progress) {
    const MachineLock lock{vmx, settings};
    const Config machine = Config::read(vmx);
    refuse_encrypted(machine);
    if (machine.is_template()) {
        throw Error{VIX_E_TEMPLATE_VM,
                    vmx.string() + " is a template; its snapshots are protected"};
    }
    Remover{vmx, settings, progress}.remove(uid, children);
}

}  // namespace vix::ops
