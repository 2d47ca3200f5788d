// Removes snapshots: first the snapshot list drops them, then disks that nothing needs by
// themselves are deleted or merged into their only child.
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "format/vmdk/descriptor.h"
#include "io/files/folder.h"
#include "io/files/real_path.h"
#include "io/files/replacement.h"
#include "ops/disks/disk_plan.h"
#include "ops/machine/machine_lock.h"
#include "ops/machine/pending.h"
#include "ops/machine/progress_share.h"
#include "ops/snapshots/child_disks.h"
#include "ops/snapshots/disk_family.h"
#include "ops/snapshots/later_removal.h"
#include "ops/snapshots/list/snapshot_list.h"
#include "ops/snapshots/live_merge.h"
#include "ops/snapshots/live_snapshot.h"
#include "ops/snapshots/merge.h"
#include "ops/snapshots/new_snapshot.h"
#include "ops/snapshots/snapshot.h"
#include "power/domain/domain_identity.h"
#include "power/libvirt/host.h"
#include "power/running_machine.h"
#include "power/saved_state.h"
#include "vm/snapshots/linked_clones.h"
#include "vm/snapshots/machine_state.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

using vm::SnapshotTree;

// A merge writes these names into descriptors, which are UTF-8.
void require_utf8_names(const std::vector<fs::path>& files) {
    for (const fs::path& file : files) {
        if (is_utf8(file.filename().string())) continue;
        throw not_utf8("the name of " + file.string(), "its disk cannot be merged");
    }
}

class Remover {
  public:
    // `running`: the machine if it runs, else nullptr.
    Remover(vm::Machine machine, power::RunningMachine* running, Progress& progress)
        : machine_{std::move(machine)},
          running_{running},
          runs_{running != nullptr},
          progress_{progress},
          list_{machine_.snapshot_list_path()},
          tree_{machine_.snapshots()},
          pending_{machine_} {}

    void remove(const std::vector<int>& uids) {
        note_lost_snapshots(machine_, io::names_in(machine_.folder()), progress_);
        for (const int removed : uids) check_removable(*tree_.find(removed));
        for (const int removed : uids) add_candidates(*tree_.find(removed));
        const std::vector<fs::path> states = files_of_states(uids);
        note_states_kept(machine_, names_of_states(uids), progress_);
        // Disks that its snapshots named stay the machine's own, in any folder.
        before_.emplace(machine_, tree_, DiskFamily::Unreadable::Skip);
        own_ = before_->named();

        keep_memory(uids);
        tree_.remove(uids);
        prepare(states);
        forget(states);
        if (!runs_) finish_renaming();
        consolidate();
        if (!runs_) give_back_names();
        write_sentinels(family(), {});
        leave_candidates(family());
        pending_.done();
    }

  private:
    // Reads the .vmx and the disks as the last step left them.
    DiskFamily family() {
        machine_.reread();
        DiskFamily family{machine_, tree_};
        family.adopt(own_);
        family.take_over_others(*before_);
        return family;
    }

    // Fails early if a disk cannot be read. Lists now all files that the later steps may make or
    // leave, so that the journal is written once and not at each step.
    void prepare(const std::vector<fs::path>& states) {
        for (const fs::path& disk : pending_.take_over_merges()) {
            candidates_.insert(disk);
            own_.insert(disk);
        }
        for (const fs::path& disk : candidates_) pending_.add_merge(disk);
        pending_.expect_nodes(machine_);
        pending_.add(states);
        const DiskFamily disks = family();
        std::uint64_t bytes = 0;
        for (const auto& [id, member] : disks.members()) {
            if (!disks.is_own(id)) continue;
            const std::vector<fs::path> files = files_of(member.link, settings());
            require_utf8_names(files);
            pending_.add(files);
            pending_.add(plain_path(member.link.path));
            const bool goes = member.parent && is_candidate(disks, *member.parent);
            if (goes) bytes += bytes_to_merge(disks, id, settings());
        }
        for (const fs::path& disk : candidates_) pending_.add(files_of_unreferenced(disk));
        progress_.expect(bytes);
    }

    void forget(const std::vector<fs::path>& states) {
        pending_.write();
        io::Replacement list{list_, tree_.to_bytes()};
        const bool synced = settings().durability == vm::Durability::Synced;
        if (synced) io::sync_all({pending_.path(), list.fresh()});
        progress_.checkpoint("forget");
        progress_.point_of_no_return();
        list.commit(settings().durability);
        for (const fs::path& state : states) pending_.remove(state, progress_);
    }

    bool is_candidate(const DiskFamily& disks, const DiskFamily::Id& id) const {
        return candidates_.contains(disks.members().at(id).link.path) && !disks.is_present(id) &&
               !disks.is_frozen(id) && disks.children(id).size() == 1;
    }

    void check_removable(const vm::Snapshot& snapshot) const {
        const auto clones = vm::live_clones(machine_, snapshot);
        if (clones.empty()) return;
        throw Error{VIX_E_SNAPSHOT_DISKLOCKED,
                    "the snapshot \"" + snapshot.display_name +
                        "\" cannot be removed, because its disks are needed by " +
                        clones.front().to_text()};
    }

    // A machine that is suspended in the memory of one of these snapshots gets that memory as its
    // own suspend state.
    void keep_memory(const std::vector<int>& uids) {
        if (!power::is_state_of_snapshot(machine_)) return;
        const fs::path current = power::recorded_state_file(machine_);
        for (const int uid : uids) {
            const fs::path memory = memory_file(machine_, *tree_.find(uid));
            if (current != memory) continue;
            const fs::path own = power::state_file_for(machine_);
            unlink(own.c_str());  // if it stays, share_file() fails and does not overwrite it
            share_file(memory, own, progress_);
            power::record_state(machine_, power::name_from(machine_, own));
            machine_.reread();
            return;
        }
    }

    void add_candidates(const vm::Snapshot& snapshot) {
        for (const vm::SnapshotDisk& disk : snapshot.disks) {
            const auto path = machine_.find_file(disk.file);
            if (path) candidates_.insert(*path);
        }
    }

    std::vector<fs::path> files_of_states(const std::vector<int>& uids) const {
        std::vector<fs::path> files;
        for (const int uid : uids) {
            for (const fs::path& file : ops::state_files(machine_, *tree_.find(uid))) {
                files.push_back(file);
            }
        }
        return files;
    }

    std::vector<std::string> names_of_states(const std::vector<int>& uids) const {
        std::vector<std::string> names;
        for (const int uid : uids) names.push_back(tree_.find(uid)->state_file.name);
        return names;
    }

    // A running machine has all its disks open, down to the base disks.
    bool is_served(const DiskFamily& disks, const DiskFamily::Id& id) const {
        if (!runs_) return false;
        for (const auto& [top, member] : disks.members()) {
            if (!disks.is_present(top)) continue;
            for (std::optional at{top}; at; at = disks.members().at(*at).parent) {
                if (*at == id) return true;
            }
        }
        return false;
    }

    // The disks are read once, however many are merged; after a merge while the machine runs,
    // again.
    void consolidate() {
        std::optional<DiskFamily> disks;
        do {
            if (!disks) disks.emplace(family());
        } while (consolidate_one(disks));
    }

    // Deletes disks that nothing needs, up to the first one that is merged: then others may be the
    // only child of their parent.
    bool consolidate_one(std::optional<DiskFamily>& known) {
        DiskFamily& disks = *known;
        for (const fs::path& path : std::set{candidates_}) {
            const auto id = disks.find(path);
            const bool needed = !id || disks.is_present(*id) || disks.is_frozen(*id);
            const auto children = id ? disks.children(*id) : std::vector<DiskFamily::Id>{};
            if (!needed && children.size() > 1) continue;
            if (id && !needed && disks.is_shared(*id)) continue;
            if (!needed && is_served(disks, *id)) {
                if (!merge_topmost(disks, *id)) continue;
                known.reset();
                return true;
            }
            candidates_.erase(path);
            if (!id) delete_unreferenced(path, disks);
            if (needed || children.empty()) continue;
            const auto& child = children.front();
            write_sentinels(disks, disks.members().at(child).link.path);
            ProgressShare share{progress_};
            share.begin(bytes_to_merge(disks, child, settings()));
            if (!merge_into_child(disks, child, settings(), share)) continue;
            share.end();
            disks.follow_merge(child);
            return true;
        }
        return false;
    }

    // The device whose current disk is the only child of this served disk, if both can be merged
    // while the machine runs. A base disk cannot: its copy would need as much room again.
    std::optional<vm::DiskDevice> device_to_merge(const DiskFamily& disks,
                                                  const DiskFamily::Id& id) const {
        const auto children = disks.children(id);
        if (children.size() != 1 || tried_.contains(id)) return std::nullopt;
        const DiskFamily::Id& top = children.front();
        const bool free = disks.is_present(top) && !disks.is_frozen(top) && !disks.is_shared(top);
        if (!free || !disks.members().at(id).parent || !may_be_merged(disks, top)) {
            return std::nullopt;
        }
        std::vector<vm::DiskDevice> devices;
        for (const vm::DiskDevice& device : machine_.disks()) {
            if (disks.find(machine_.find_disk(device)) == top) {
                devices.push_back(device);
            }
        }
        if (devices.size() != 1) return std::nullopt;
        const fs::path disk = disks.members().at(top).link.path;
        const bool served = running_->writes_to(to_lower(devices.front().node), disk);
        return served ? std::optional{devices.front()} : std::nullopt;
    }

    // If this fails, the next removal while the machine is off merges the disk.
    bool merge_topmost(const DiskFamily& disks, const DiskFamily::Id& id) {
        const fs::path& disk = disks.members().at(id).link.path;
        std::vector<fs::path> former;
        ProgressShare share{progress_};
        try {
            const auto device = device_to_merge(disks, id);
            if (!device) return false;
            tried_.insert(id);
            const DiskFamily::Id top = disks.children(id).front();
            share.begin(bytes_to_merge(disks, top, settings()));
            const auto announce = [&](const fs::path& fresh) { write_sentinels(disks, fresh); };
            const LiveMerge merge{*device, disks.disk(top), tree_, announce};
            former = former_files(merge, settings());
            own_.insert(merge_while_running(*running_, merge, pending_, settings(), share));
        } catch (const power::MayHaveGoneOver&) {
            pending_.leave();
            throw;
        } catch (const Error& error) {
            if (error.code() == VIX_E_CANCELLED || is_exhaustion(error.code())) throw;
            running_->go_on();  // fails if the machine must stand still
            tried_.insert(id);
            progress_.note(disk.string() +
                           " is not merged while the machine runs: " + error.detail());
            return false;
        }
        candidates_.erase(disk);
        share.end();
        progress_.checkpoint("the export is on the merged disk");
        running_->go_on();
        for (const fs::path& file : former) pending_.remove(file, progress_);
        return true;
    }

    // Lists disks that stay because the running machine has them open or others need them. The next
    // removal merges them if it can.
    void leave_candidates(const DiskFamily& disks) {
        std::set<fs::path> left;
        const vm::Needs& others = before_->others();
        if (others.unseen() && !candidates_.empty()) {
            progress_.note("no disk was merged, because it is unknown which ones others need: " +
                           others.unseen()->detail());
        }
        for (const fs::path& path : candidates_) {
            const auto id = disks.find(path);
            const auto who = others.who_needs(path);
            if (who) progress_.note(path.string() + " is kept: " + who->string() + " needs it");
            if (runs_ || who || (id && disks.is_shared(*id))) left.insert(path);
        }
        pending_.leave_merges(left);
    }

    // A disk that no current or frozen disk depends on, and its parent, as far as they can be read.
    // In other folders only deltas of snapshots count: a disk attached from there belongs to the
    // user.
    std::vector<vm::DiskLink> chain_of_unreferenced(const fs::path& path) const {
        std::vector<vm::DiskLink> chain;
        const bool here = real_.place_of(path).parent_path() == real_.of(machine_.folder());
        const auto is_parent = [&](const vm::DiskLink&) { return chain.size() == 2; };
        const bool delta = own_.contains(path) && plain_path(path) != path;
        if (!here && !delta) return chain;
        try {
            vm::follow_chain(path, machine_.search_folders(), settings(), chain,
                             {vm::kMaxChainToShorten, is_parent});
        } catch (const Error&) {
            // Broken further down the chain; the links up to there are enough.
        }
        if (!here && !chain.empty() && !chain.front().descriptor.has_parent()) chain.clear();
        return chain;
    }

    std::vector<fs::path> files_of_unreferenced(const fs::path& path) const {
        const auto chain = chain_of_unreferenced(path);
        return chain.empty() ? std::vector<fs::path>{} : files_of(chain.front(), settings());
    }

    // The disk was the end of a branch. Its parent now may have one child less.
    void delete_unreferenced(const fs::path& path, const DiskFamily& disks) {
        const auto chain = chain_of_unreferenced(path);
        if (chain.empty()) return;
        if (disks.is_shared(chain.front())) {
            candidates_.insert(path);
            return;
        }
        if (chain.size() > 1) candidates_.insert(chain[1].path);
        for (const fs::path& file : files_of(chain.front(), settings())) {
            pending_.remove(file, progress_);
        }
    }

    // A crashed call may have left a disk under its new name, with its extent still under the old
    // name.
    void finish_renaming() {
        const DiskFamily disks = family();
        for (const auto& [id, member] : disks.members()) {
            if (!disks.is_own(id) || disks.is_shared(id)) continue;
            const auto file = half_renamed(member.link, settings());
            if (!file || disks.find(*file)) continue;
            auto descriptor = member.link.descriptor;
            descriptor.create_type = "monolithicSparse";
            settle_monolithic(*file, member.link.path, descriptor, settings());
        }
    }

    static fs::path plain_path(const fs::path& disk) {
        return disk.parent_path() / (without_snapshot_number(disk.stem().string()) + ".vmdk");
    }

    // A current disk that depends on no other disk of the machine gets its plain name back once
    // that is free.
    void give_back_names() {
        const DiskFamily disks = family();
        for (const vm::DiskDevice& device : machine_.disks()) {
            const auto path = machine_.find_file(device.file);
            const auto id = path ? disks.find(*path) : std::nullopt;
            if (!id || disks.is_frozen(*id) || !disks.is_own(*id) || disks.is_shared(*id)) continue;
            const auto& parent = disks.members().at(*id).parent;
            if (parent && disks.is_own(*parent)) continue;
            const fs::path plain = plain_path(*path);
            if (fs::symlink_status(plain).type() != fs::file_not_found) continue;
            if (candidates_.contains(*path)) continue;
            write_sentinels(disks, plain);
            rename_present(device, disks.members().at(*id).link, plain);
        }
    }

    // In a linked clone, every disk that depends on another machine's must be listed as a sentinel
    // at any time; `coming` is about to become one. Without these lines VMware deletes the parent's
    // disks together with the clone.
    void write_sentinels(const DiskFamily& disks, const fs::path& coming) {
        if (tree_.clone_of().empty()) return;
        std::vector<std::string> names;
        for (const auto& [id, member] : disks.members()) {
            const bool last_own =
                disks.is_own(id) && member.parent && !disks.is_own(*member.parent);
            if (last_own) names.push_back(member.link.path.filename().string());
        }
        if (!coming.empty()) names.push_back(coming.filename().string());
        if (names == tree_.sentinels()) return;
        tree_.set_sentinels(names);
        io::replace_file(list_, tree_.to_bytes(), settings().durability);
    }

    void rename_present(const vm::DiskDevice& device, const vm::DiskLink& link,
                        const fs::path& name) {
        if (link.embedded) {
            point_to_monolithic(link.path, name, link.descriptor, settings());
        } else {
            io::replace_file(name, format::vmdk::to_text(link.descriptor), settings().durability);
        }
        format::Dictionary changed = machine_.dictionary();
        changed.set(device.node + ".fileName",
                    named_beside(device.file.name, name.filename().string()));
        io::replace_file(machine_.path(), changed.to_bytes(), settings().durability);
        machine_.reread();
        if (link.embedded) {
            settle_monolithic(link.path, name, link.descriptor, settings());
        } else {
            pending_.remove(link.path, progress_);
        }
    }

    const vm::Settings& settings() const { return machine_.settings(); }

    vm::Machine machine_;
    power::RunningMachine* running_;
    bool runs_;
    Progress& progress_;
    fs::path list_;
    mutable io::RealFolders real_;
    SnapshotTree tree_;
    Pending pending_;
    std::optional<DiskFamily> before_;  // as read before any snapshot was removed
    std::set<fs::path> own_;            // the disks that were named then
    std::set<fs::path> candidates_;     // disks that the removed snapshots named
    std::set<DiskFamily::Id> tried_;    // of which a merge was tried while the machine runs
};

void refuse_protected(const vm::Config& machine) {
    refuse_encrypted(machine, kStateNeedsKey);
    if (!machine.is_template()) return;
    throw Error{VIX_E_TEMPLATE_VM,
                machine.path().string() + " is a template, so its snapshots cannot be removed"};
}

// Throws VIX_E_SNAPSHOT_NOTFOUND.
std::vector<int> uids_to_remove(const vm::Machine& machine, int uid, RemoveChildren children) {
    const SnapshotTree& tree = machine.snapshots();
    tree.require(uid, machine.path());
    return children == RemoveChildren::Yes ? tree.subtree(uid) : std::vector{uid};
}

}  // namespace

void remove_snapshot(const fs::path& vmx, int uid, RemoveChildren children,
                     const vm::Settings& settings, Progress& progress) {
    const MachineLock lock{vmx, settings, progress};
    refuse_protected(lock.machine());
    const auto uids = uids_to_remove(lock.machine(), uid, children);
    Remover{lock.machine(), nullptr, progress}.remove(uids);
}

void remove_snapshot_when_free(const fs::path& vmx, int uid, RemoveChildren children,
                               const vm::Settings& settings, Progress& progress) {
    const MachineLock lock{vmx, settings, progress};
    refuse_protected(lock.machine());
    vm::Machine machine = lock.machine();
    std::vector<int> uids = uids_to_remove(machine, uid, children);
    const std::vector<int> marked = mark_for_later(machine, uids, progress);
    std::erase_if(uids, [&](int any) {
        return std::find(marked.begin(), marked.end(), any) != marked.end();
    });
    if (uids.empty()) return;
    machine.reread();
    Remover{machine, nullptr, progress}.remove(uids);
}

void remove_marked_snapshots(const fs::path& vmx, const vm::Settings& settings,
                             Progress& progress) {
    try {
        // Without the lock first: most machines have no such snapshot.
        if (marked_and_free(vm::Machine::open(vmx, settings)).empty()) return;
        const MachineLock lock{vmx, settings, progress};
        refuse_protected(lock.machine());
        const auto uids = marked_and_free(lock.machine());
        if (uids.empty()) return;
        ProgressShare aside{progress};  // the caller's own work is still to come
        Remover{lock.machine(), nullptr, aside}.remove(uids);
    } catch (const Error& error) {
        if (error.code() == VIX_E_CANCELLED) throw;
        progress.note("a snapshot of " + vmx.string() +
                      " that is to be removed stays for now: " + error.detail());
    }
}

void remove_live_snapshot(const fs::path& vmx, int uid, RemoveChildren children,
                          const vm::Settings& settings, const power::Settings& power_settings,
                          Progress& progress) {
    const power::Connection connection{power_settings};
    power::RunningMachine running{vmx, connection, power_settings, settings};
    const auto machine = vm::Machine::open(vmx, settings);
    refuse_protected(machine);
    Remover{machine, &running, progress}.remove(uids_to_remove(machine, uid, children));
}

}  // namespace vix::ops
