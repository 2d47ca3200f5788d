#include "ops/remove.h"

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
#include "io/file.h"
#include "io/folder.h"
#include "io/lock.h"
#include "io/staging.h"
#include "ops/disk_family.h"
#include "ops/machine_lock.h"
#include "ops/neighbours.h"
#include "ops/snapshot_list.h"
#include "vm/config.h"
#include "vm/disk.h"
#include "vm/linked_clones.h"
#include "vm/moved.h"
#include "vm/snapshot_tree.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

constexpr std::uint64_t kSnapshotListLimit = std::uint64_t{64} << 20;

// The files of one virtual machine that lie in its own folder: whatever its texts name elsewhere is
// not touched, so a hostile or shared configuration deletes nothing of others.
class Belongings {
  public:
    Belongings(const vm::Config& config, const vm::Settings& settings)
        : config_{config}, settings_{settings}, folder_{config.folder()} {}

    void add_configuration() {
        const std::string stem = config_.path().stem().string();
        for (const char* key :
             {"nvram", "extendedConfigFile", "migrate.hostlog", "vmxstats.filename"}) {
            add_named(config_.find(key).value_or(""));
        }
        for (const char* extension :
             {".nvram", ".vmxf", ".vmsd", ".vmpl", ".OVMF_VARS.fd", ".vix-pending"}) {
            add_named(stem + extension);
        }
        add_state(config_.find("checkpoint.vmState").value_or(""));
        add_named(paging_file());
        add_snapshot_states();
        for (const std::string& name : io::names_in(folder_)) {
            const bool log = name == "vmware.log" || (name.substr(0, 7) == "vmware-" &&
                                                      fs::path{name}.extension() == ".log");
            if (log) add_named(name);
        }
    }

    void add_disks() {
        for (const vm::DiskDevice& device : config_.disks()) add_chain(device.file);
        const format::Dictionary snapshots = snapshot_list();
        for (const auto& [key, value] : snapshots.entries()) {
            const bool disk = starts_with_ignoring_case(key, "snapshot") &&
                              to_lower(key).find(".disk") != std::string::npos && key.size() > 9 &&
                              equal_ignoring_case(key.substr(key.size() - 9), ".fileName");
            if (disk) add_chain({value, value});
        }
    }

    // Deltas that snapshots made beside a disk elsewhere; the disk itself was attached, and stays.
    void add_deltas_elsewhere() {
        const vm::SnapshotTree tree = snapshots_of(config_);
        if (tree.snapshots().empty()) return;
        const DiskFamily family{config_, tree, settings_, DiskFamily::Unreadable::Skip};
        std::multimap<std::size_t, DiskFamily::Id> by_depth;
        for (const auto& [id, member] : family.members()) {
            const bool named = family.is_present(id) || family.is_frozen(id);
            if (named && family.is_own(id) && !family.is_shared(id)) {
                by_depth.emplace(family.disk(id).chain.size(), id);
            }
        }
        for (const auto& [depth, id] : by_depth) {
            for (const fs::path& file : files_of(family.members().at(id).link, settings_)) {
                if (fs::equivalent(file.parent_path(), folder_)) continue;
                if (known_.insert(file).second) files_.push_back(file);
            }
        }
    }

    // What another machine of the same folder stands on is not ours to delete. Throws where that
    // cannot be told.
    void subtract(const Belongings& other) {
        if (other.unseen_) {
            throw Error{other.unseen_->code(),
                        "what " + other.config_.path().string() +
                            " stands on cannot be told: " + other.unseen_->detail()};
        }
        std::erase_if(files_, [&](const fs::path& file) {
            return file == other.config_.path() || other.known_.contains(file);
        });
    }

    // In the order in which they are to go.
    const std::vector<fs::path>& files() const { return files_; }

  private:
    void add_named(const std::string& name) { add_named({name, name}, folder_); }

    void add_named(const vm::NamedFile& named, const fs::path& from) {
        if (named.name.empty()) return;
        try {
            const auto path = vm::find_file(named, from, {}, settings_);
            if (path) add(*path);
        } catch (const Error& error) {
            // On a drive that is not mapped: not in the folder.
            if (error.code() != VIX_E_FILE_NAME_INVALID) unseen_ = error;
        }
    }

    void add(const fs::path& path) {
        boost::system::error_code error;
        const fs::path holder = fs::canonical(path.parent_path(), error);
        if (error || holder != fs::canonical(folder_, error)) return;
        if (fs::symlink_status(path, error).type() == fs::directory_file) return;
        const fs::path file = folder_ / path.filename();
        if (known_.insert(file).second) files_.push_back(file);
    }

    // A suspend or snapshot state, with the memory and UEFI's variables that lie beside it under
    // the same name.
    void add_state(const std::string& name) {
        if (name.empty()) return;
        add_named(name);
        for (const char* extension : {".vmem", ".OVMF_VARS.fd"}) {
            add_named(fs::path{name}.replace_extension(extension).string());
        }
    }

    // "<uuid.bios>.vmem" is left behind by a host that crashed.
    std::string paging_file() const {
        std::string digits;
        for (const char c : config_.find("uuid.bios").value_or("")) {
            if (c != ' ' && c != '-') digits += c;
        }
        if (digits.size() != 32) return {};
        for (const std::size_t at : {8, 13, 18, 23}) digits.insert(at, "-");
        return digits + ".vmem";
    }

    format::Dictionary snapshot_list() const {
        const auto path = config_.companion("", ".vmsd", settings_);
        if (!path || !fs::is_regular_file(fs::symlink_status(*path))) return {};
        return format::Dictionary::parse(io::read_text(*path, kSnapshotListLimit));
    }

    void add_snapshot_states() {
        const format::Dictionary snapshots = snapshot_list();
        for (const auto& [key, value] : snapshots.entries()) {
            const auto dot = key.find('.');
            const bool state = starts_with_ignoring_case(key, "snapshot") &&
                               dot != std::string::npos &&
                               equal_ignoring_case(key.substr(dot), ".filename");
            if (state) add_state(value);
        }
    }

    // Descriptor, extents and parents, as far as they can be read: a broken chain must not keep the
    // rest from being deleted.
    void add_chain(const vm::NamedFile& named) {
        std::vector<vm::DiskLink> chain;
        const auto search = config_.search_folders(settings_);
        try {
            const auto path = vm::find_file(named, folder_, search, settings_);
            if (path) vm::follow_chain(*path, search, settings_, chain);
        } catch (const Error& error) {
            if (may_stand_on_more(error, chain, config_, settings_)) unseen_ = error;
        }
        // From the base up: stopped in between, what is left can still be found from the top.
        for (auto link = chain.rbegin(); link != chain.rend(); ++link) add_link(*link);
    }

    void add_link(const vm::DiskLink& link) {
        if (link.embedded) return add(link.path);
        for (const auto& extent : link.descriptor.extents) {
            add_named({extent.name, extent.name_bytes}, link.folder());
        }
        add(link.path);
    }

    const vm::Config& config_;
    const vm::Settings& settings_;
    fs::path folder_;
    std::vector<fs::path> files_;
    std::set<fs::path> known_;
    std::optional<Error> unseen_;  // why not all of its files are known
};

// `parent` is what the clone called `parent_name`.
bool drop_record(vm::SnapshotTree& tree, const std::string& parent_name, const fs::path& parent,
                 const fs::path& clone, const vm::Settings& settings) {
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

void remove_file(const fs::path& path) {
    if (unlink(path.c_str()) != 0 && errno != ENOENT) {
        throw system_error(errno, "deleting", path.string());
    }
}

// Deleting a parent ruins its linked clones, which VIX allows; the setting delete.protectParents
// forbids it.
void refuse_parent(const vm::Config& config, const vm::Settings& settings) {
    const auto tree = vm::SnapshotTree::read(vm::snapshot_list_path(config.path()));
    for (const vm::Snapshot& snapshot : tree.snapshots()) {
        const auto clones = vm::live_clones(config.path(), snapshot, settings);
        if (clones.empty()) continue;
        throw Error{VIX_E_SNAPSHOT_NOPERM, config.path().string() + " is the parent of " +
                                               clones.front().string() +
                                               "; the setting delete.protectParents protects it"};
    }
}

// A linked clone that is gone needs its parent's snapshot no more. A parent that cannot be reached
// or written keeps a record that means nothing. Nobody can cancel it: the machine is gone.
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
            } catch (const Error&) {
                // See above.
            }
        }
    }
}

void check_removable(const vm::Config& config, const vm::Settings& settings) {
    if (const auto holder = vm::running_mark(config, settings)) {
        throw Error{VIX_E_VM_IS_RUNNING, config.path().string() + " is in use: " + *holder};
    }
    if (settings.protect_parents) refuse_parent(config, settings);
    if (config.is_template()) {
        throw Error{VIX_E_TEMPLATE_VM,
                    config.path().string() + " is a template; its templateVM setting protects it"};
    }
}

}  // namespace

void remove_machine(const fs::path& vmx, RemoveDisks disks, const vm::Settings& settings,
                    Progress& progress) {
    const vm::Config config = vm::Config::read(vmx);
    check_removable(config, settings);
    const auto parents = vm::SnapshotTree::read(vm::snapshot_list_path(vmx)).clone_of();
    {
        const MachineLock hold{vmx, settings, progress};
        Belongings belongings{config, settings};
        belongings.add_configuration();
        if (disks == RemoveDisks::Yes) {
            belongings.add_deltas_elsewhere();
            belongings.add_disks();
        }
        for (const vm::Config& neighbour : neighbours(vmx.parent_path(), vmx)) {
            Belongings theirs{neighbour, settings};
            theirs.add_configuration();
            theirs.add_disks();
            belongings.subtract(theirs);
        }
        // The list and the .vmx go last, since they name the others: so a deletion that was
        // interrupted can be called again. For that the others have to be gone for good before, and
        // the list before the .vmx: alone it would be in the way of whatever comes there next.
        std::vector<fs::path> last{vmx};
        for (const fs::path& file : belongings.files()) {
            progress.checkpoint("remove");
            progress.point_of_no_return();
            if (file == vm::snapshot_list_path(vmx)) {
                last.insert(last.begin(), file);
            } else if (file != vmx) {
                remove_file(file);
            }
        }
        io::Staging::remove_leftovers(vmx);
        const auto sync = [&] {
            if (settings.durability == vm::Durability::Synced) io::sync_all({vmx.parent_path()});
        };
        sync();
        progress.checkpoint("remove");
        for (const fs::path& file : last) {
            remove_file(file);
            sync();
        }
    }
    drop_records(vmx, parents, settings);
    rmdir(vmx.parent_path().c_str());  // succeeds only when nothing else lies there
}

}  // namespace vix::ops
