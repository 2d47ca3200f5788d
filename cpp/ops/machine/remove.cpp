#include "ops/machine/remove.h"

#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "format/vmsn.h"
#include "io/files/file.h"
#include "io/files/folder.h"
#include "io/files/real_path.h"
#include "io/files/same_file.h"
#include "io/files/staging.h"
#include "io/locks/lock.h"
#include "ops/machine/machine_lock.h"
#include "ops/snapshots/disk_family.h"
#include "ops/snapshots/list/snapshot_list.h"
#include "ops/snapshots/new_snapshot.h"
#include "ops/snapshots/snapshot.h"
#include "power/domain/domain_identity.h"
#include "power/saved_state.h"
#include "vm/disks/disk.h"
#include "vm/machine/config.h"
#include "vm/machine/machine_files.h"
#include "vm/machine/moved.h"
#include "vm/snapshots/census.h"
#include "vm/snapshots/linked_clones.h"
#include "vm/snapshots/machine_state.h"
#include "vm/snapshots/snapshot_tree.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

constexpr std::uint64_t kSnapshotListLimit = std::uint64_t{64} << 20;

// The files of a machine in its own folder. Files that its texts name elsewhere are not touched, so
// a hostile or shared configuration cannot delete files of others.
class Belongings {
  public:
    explicit Belongings(const vm::Machine& machine)
        : machine_{machine},
          folder_{machine.folder()},
          home_{real_.of(folder_)},
          stem_{machine.path().stem().string()} {}

    void add_configuration() {
        add(machine_.path());
        for (const char* key : {"nvram", "extendedConfigFile", "migrate.hostlog",
                                "vmxstats.filename", "sched.swap.derivedName"}) {
            add_named(machine_.find(key).value_or(""));
        }
        const std::string suspended = machine_.find("checkpoint.vmState").value_or("");
        add_state(suspended);
        add_state_elsewhere(suspended);
        states_.push_back(suspended);
        add_named(paging_file());
        for (const auto& [key, value] : snapshot_list().entries()) {
            if (!is_value_of_snapshot(key, ".filename")) continue;
            add_state(value);
            add_state_elsewhere(value);
            states_.push_back(value);
        }
        for (const std::string& name : io::names_in(folder_)) {
            if (vm::is_named_after(name, stem_) || vm::is_log(name)) add(folder_ / name);
        }
    }

    // Includes detached disks, and disks of snapshots that the snapshot list has lost.
    void add_disks() {
        add_disks_named_in(machine_);
        for (const auto& [key, value] : snapshot_list().entries()) {
            if (is_value_of_snapshot(key, ".disk")) add_chain({value, value});
        }
        for (const fs::path& file : std::vector{files_}) {
            if (!vm::is_snapshot_file(file.filename().string(), stem_)) continue;
            if (const auto state = config_in(file)) add_disks_named_in(*state);
        }
    }

    // Deltas that snapshots made next to a disk elsewhere. The disk itself was attached by the user
    // and stays.
    void add_deltas_elsewhere() {
        const vm::SnapshotTree& tree = machine_.snapshots();
        if (tree.snapshots().empty()) return;
        const DiskFamily family{machine_, tree, DiskFamily::Unreadable::Skip};
        std::multimap<std::size_t, DiskFamily::Id> by_depth;
        for (const auto& [id, member] : family.members()) {
            const bool named = family.is_present(id) || family.is_frozen(id);
            if (!named || !family.is_own(id) || is_here(member.link.path)) continue;
            by_depth.emplace(family.disk(id).chain.size(), id);
        }
        for (const auto& [depth, id] : by_depth) add_link(family.members().at(id).link);
    }

    // The names of its states as its texts spell them.
    const std::vector<std::string>& states() const { return states_; }

    // Removes files that others need from the list. Throws if that is unknown.
    void keep_what_others_need(Progress& progress) {
        std::vector<fs::path> states;
        std::copy_if(files_.begin(), files_.end(), std::back_inserter(states),
                     [&](const fs::path& file) { return file.extension() != ".vmdk"; });
        vm::Census census{machine_.path(), states, machine_.settings()};
        std::set<fs::path> folders{folder_};
        for (const fs::path& file : files_) folders.insert(file.parent_path());
        for (const fs::path& folder : folders) census.add_folder(folder);
        const vm::Needs needs = census.needs_beside(disks_);
        if (const auto& unseen = needs.unseen()) {
            throw Error{unseen->code(),
                        "nothing was deleted, because it is unknown which files of " +
                            folder_.string() + " others need: " + unseen->detail()};
        }
        std::erase_if(files_, [&](const fs::path& file) {
            const auto who = needs.who_needs(file);
            if (who) progress.note(file.string() + " is kept: " + who->string() + " needs it");
            return who.has_value();
        });
    }

    // In the order of deletion.
    const std::vector<fs::path>& files() const { return files_; }

  private:
    void add_named(const std::string& name) {
        if (const auto path = find_here(name)) add(*path);
    }

    std::optional<fs::path> find_here(const std::string& name) const {
        try {
            if (!name.empty()) return machine_.find_at_path({name, name});
        } catch (const Error&) {
            // Not found from here, so it is not in the folder.
        }
        return std::nullopt;
    }

    bool is_here(const fs::path& path) const { return real_.place_of(path).parent_path() == home_; }

    void add(const fs::path& path) {
        if (is_here(path)) add_file(folder_ / path.filename());
    }

    void add_file(const fs::path& file) {
        boost::system::error_code error;
        const auto type = fs::symlink_status(file, error).type();
        if (type == fs::directory_file || type == fs::file_not_found) return;
        const std::string extension = to_lower(file.extension().string());
        const bool machine = extension == ".vmx" || extension == ".vmtx";
        if (machine && file != machine_.path()) return;  // also if this machine names it
        if (known_.insert(file).second) files_.push_back(file);
    }

    // A snapshot or suspend state, with what lies beside it. These files are not searched in
    // another case: most states have neither, and each search would read the folder.
    void add_state(const std::string& name) {
        if (name.empty()) return;
        const auto found = find_here(name);
        const fs::path state = found.value_or(folder_ / fs::path{name}.filename());
        for (const fs::path& file : vm::files_of_state(state)) add(file);
    }

    // A host that crashed leaves "<uuid.bios>.vmem".
    std::string paging_file() const {
        const auto uuid = power::standard_uuid(machine_.find("uuid.bios").value_or(""));
        return uuid.empty() ? uuid : uuid + ".vmem";
    }

    format::Dictionary snapshot_list() const {
        const auto path = machine_.companion("", ".vmsd");
        if (!path || !fs::is_regular_file(fs::symlink_status(*path))) return {};
        return format::Dictionary::parse(io::read_text(*path, kSnapshotListLimit));
    }

    // Matches "snapshot0.filename" and "snapshot0.disk1.fileName".
    static bool is_value_of_snapshot(const std::string& key, const std::string& of) {
        const auto dot = key.find('.');
        if (!starts_with_ignoring_case(key, "snapshot") || dot == std::string::npos) return false;
        const std::string rest = to_lower(key.substr(dot));
        return rest.compare(0, of.size(), of) == 0 && rest.size() >= kFileNameKey.size() &&
               rest.compare(rest.size() - kFileNameKey.size(), std::string::npos, kFileNameKey) ==
                   0;
    }

    // Returns the configuration in a snapshot state.
    std::optional<vm::Config> config_in(const fs::path& state) const {
        try {
            const auto content = format::read_vmsn(io::File::open(state));
            return vm::Config::parse_leniently(machine_.path(), content.config);
        } catch (const Error& error) {
            if (is_exhaustion(error.code())) throw;
            return std::nullopt;  // a memory file, or an incomplete state
        }
    }

    void add_disks_named_in(const vm::Config& config) {
        for (const vm::DiskDevice& device : config.all_disks()) add_chain(device.file);
    }

    // In another working folder, only if the name proves whose it is.
    void add_state_elsewhere(const fs::path& state) {
        if (!power::is_own_elsewhere(state, machine_)) return;
        for (const fs::path& file : vm::files_of_state(state)) {
            if (io::identity_of(file) && known_.insert(file).second) files_.push_back(file);
        }
    }

    // Adds descriptor, extents and parents as far as they can be read: a broken chain must not
    // prevent the deletion of the rest. Each walk ends at the first known disk.
    void add_chain(const vm::NamedFile& named) {
        std::vector<vm::DiskLink> chain;
        const auto& search = machine_.search_folders();
        const auto is_known = [&](const vm::DiskLink& link) {
            return disks_.contains(link.identity);
        };
        try {
            const auto path = machine_.find_file(named);
            const vm::ChainWalk walk{vm::kMaxChainToShorten, is_known};
            if (path) vm::follow_chain(*path, search, machine_.settings(), chain, walk);
        } catch (const Error&) {
            // The links that were reached are deleted.
        }
        // Base disk first: if the deletion stops, the rest can still be found from the top.
        for (auto link = chain.rbegin(); link != chain.rend(); ++link) {
            if (is_here(link->path)) add_link(*link);
        }
    }

    void add_link(const vm::DiskLink& link) {
        disks_.insert(link.identity);
        if (!link.embedded) {
            for (const auto& extent : link.descriptor.extents) {
                add_extent({extent.name, extent.name_bytes}, link.folder());
            }
        }
        const fs::path tracking = link.folder() / (link.path.stem().string() + "-ctk.vmdk");
        if (!may_be_disk(tracking)) add_file(tracking);
        add_file(link.path);
    }

    // A backup product's change tracking file is not a disk, but a disk may have the same name.
    static bool may_be_disk(const fs::path& file) {
        try {
            vm::read_link(file);
            return true;
        } catch (const Error& error) {
            return error.code() != VIX_E_DISK_INVALIDDISK;
        }
    }

    // Only next to its descriptor: an extent elsewhere may belong to others.
    void add_extent(const vm::NamedFile& named, const fs::path& folder) {
        if (named.name.empty()) return;
        try {
            const auto path = vm::find_file(named, folder, {}, machine_.settings());
            if (path && io::is_same_file(path->parent_path(), folder)) {
                add_file(folder / path->filename());
            }
        } catch (const Error&) {
            // Not found from here, so it is not in the folder.
        }
    }

    static constexpr std::string_view kFileNameKey = ".filename";

    const vm::Machine& machine_;
    mutable io::RealFolders real_;
    fs::path folder_;
    fs::path home_;  // the same without links
    std::string stem_;
    std::vector<fs::path> files_;
    std::vector<std::string> states_;
    std::set<fs::path> known_;
    std::set<io::FileIdentity> disks_;
};

// `parent_name` is the clone's name for `parent`.
bool drop_record(vm::SnapshotTree& tree, const std::string& parent_name, const fs::path& parent,
                 const fs::path& clone, const vm::Settings& settings) {
    if (tree.remove_clone(clone.string())) return true;  // almost always, and much quicker
    const auto is_it = [&](const std::string& recorded) {
        const fs::path path = vm::recorded_path(recorded, parent.parent_path(), settings);
        return path.lexically_normal() == clone.lexically_normal() ||
               vm::is_same_way(parent_name, recorded, parent, clone);
    };
    for (const vm::Snapshot& snapshot : tree.snapshots()) {
        const auto& clones = snapshot.clones;
        const auto found = std::find_if(clones.begin(), clones.end(), is_it);
        if (found != clones.end()) return tree.remove_clone(std::string{*found});
    }
    return false;
}

// Deleting a parent destroys its linked clones, and VIX allows it. The setting
// delete.protectParents forbids it.
void refuse_parent(const vm::Machine& machine) {
    for (const vm::Snapshot& snapshot : machine.snapshots().snapshots()) {
        const auto clones = vm::live_clones(machine, snapshot);
        if (clones.empty()) continue;
        throw Error{VIX_E_SNAPSHOT_NOPERM, machine.path().string() + " is the parent of " +
                                               clones.front().to_text() +
                                               "; the setting delete.protectParents protects it"};
    }
}

// A deleted linked clone no longer needs its parent's snapshot, which may have waited for that. If
// the parent cannot be reached or written, its record stays and means nothing. Cannot be cancelled:
// the machine is already deleted.
void drop_records(const fs::path& vmx, const std::vector<std::string>& parents,
                  const vm::Settings& settings) {
    Progress unhindered;
    for (const std::string& name : parents) {
        std::vector<fs::path> places{vm::recorded_path(name, vmx.parent_path(), settings)};
        if (!fs::exists(places.front())) places = vm::moved_places(name, vmx.parent_path());
        for (const fs::path& parent : places) {
            try {
                edit_snapshot_list(parent, settings, unhindered, [&](vm::SnapshotTree& tree) {
                    return drop_record(tree, name, parent, vmx, settings);
                });
                if (settings.remove_later) remove_marked_snapshots(parent, settings, unhindered);
            } catch (const Error&) {
                // See above.
            }
        }
    }
}

void check_removable(const vm::Machine& machine) {
    refuse_running(machine);
    if (machine.settings().protect_parents) refuse_parent(machine);
    if (machine.is_template()) {
        throw Error{
            VIX_E_TEMPLATE_VM,
            machine.path().string() +
                " is a template and cannot be deleted while templateVM = \"TRUE\" is in its .vmx"};
    }
}

}  // namespace

void remove_machine(const fs::path& vmx, RemoveDisks disks, const vm::Settings& settings,
                    Progress& progress) {
    vm::Machine opened = vm::Machine::open(vmx, settings);
    check_removable(opened);
    const auto parents = opened.snapshots().clone_of();
    {
        const MachineLock hold{std::move(opened), progress};
        const vm::Machine& machine = hold.machine();
        Belongings belongings{machine};
        belongings.add_configuration();
        if (disks == RemoveDisks::Yes) {
            belongings.add_deltas_elsewhere();
            belongings.add_disks();
        }
        belongings.keep_what_others_need(progress);
        note_states_kept(machine, belongings.states(), progress);
        // The snapshot list and the .vmx go last, because they name the other files: an interrupted
        // deletion can then be repeated. So the deletion of the others must be synced before. The
        // list goes before the .vmx: without a .vmx it would block the next machine of that name.
        const fs::path list = machine.snapshot_list_path();
        std::vector<fs::path> last{vmx};
        std::set<fs::path> folders{vmx.parent_path()};
        for (const fs::path& file : belongings.files()) {
            progress.checkpoint("remove");
            progress.point_of_no_return();
            if (file == list) {
                last.insert(last.begin(), file);
            } else if (file != vmx) {
                io::remove_file(file);
                folders.insert(file.parent_path());
            }
        }
        io::Staging::remove_leftovers(vmx);
        const auto sync = [&] {
            if (settings.durability != vm::Durability::Synced) return;
            io::sync_all({folders.begin(), folders.end()});
            folders = {vmx.parent_path()};
        };
        sync();
        progress.checkpoint("remove");
        for (const fs::path& file : last) {
            io::remove_file(file);
            sync();
        }
    }
    drop_records(vmx, parents, settings);
    rmdir(vmx.parent_path().c_str());  // succeeds only if the folder is empty
}

}  // namespace vix::ops
