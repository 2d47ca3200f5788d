#include "ops/disks/disk_rename.h"

#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "io/files/replacement.h"
#include "ops/disks/disk_plan.h"
#include "ops/disks/new_disk.h"
#include "ops/snapshots/merge.h"
#include "vm/machine/config.h"
#include "vm/snapshots/snapshot_tree.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

using format::vmdk::Descriptor;
using format::vmdk::ExtentLine;
using format::vmdk::ExtentType;

void write_descriptor(const vm::DiskLink& link, const Descriptor& descriptor,
                      const vm::Settings& settings) {
    if (link.embedded) return write_embedded(link.path, link.path, descriptor, settings);
    io::replace_file(link.path, to_text(descriptor), settings.durability);
}

// The extents in the disk's own folder, by the index of their line. Throws for others.
std::vector<std::optional<fs::path>> extents_beside(const vm::DiskLink& link,
                                                    const vm::Settings& settings) {
    std::vector<std::optional<fs::path>> files;
    for (const ExtentLine& line : link.descriptor.extents) {
        files.emplace_back();
        if (link.embedded || line.type == ExtentType::Zero) continue;
        const vm::NamedFile named{line.name, line.name_bytes};
        const fs::path file = vm::open_extent_file(named, link.folder(), settings).path();
        if (fs::canonical(folder_of(file)) != fs::canonical(link.folder())) {
            throw Error{VIX_E_NOT_SUPPORTED, "the extent " + file.string() +
                                                 " is not in the folder of " + link.path.string()};
        }
        files.back() = file;
    }
    return files;
}

// Hard links that were made, removed again unless keep() is called.
class NewNames {
  public:
    NewNames() = default;
    ~NewNames() {
        for (auto name = names_.rbegin(); name != names_.rend(); ++name) unlink(name->c_str());
    }
    NewNames(const NewNames&) = delete;
    NewNames& operator=(const NewNames&) = delete;

    // A name that already leads to the same file is of an interrupted call.
    void link(const fs::path& file, const fs::path& name) {
        if (::link(file.c_str(), name.c_str()) == 0) {
            names_.push_back(name);
            return;
        }
        const int reason = errno;
        if (reason == EEXIST && io::identity_of(file) == io::identity_of(name)) {
            names_.push_back(name);
            return;
        }
        const bool impossible =
            reason == EXDEV || reason == EPERM || reason == EOPNOTSUPP || reason == EMLINK;
        if (impossible) {
            throw Error{VIX_E_NOT_SUPPORTED, name.string() +
                                                 ": its file system cannot give this name to " +
                                                 file.string() + "; convert the disk instead"};
        }
        throw system_error(reason, "creating", name.string());
    }
    void add(const fs::path& name) { names_.push_back(name); }
    void keep() { names_.clear(); }

  private:
    std::vector<fs::path> names_;
};

class Renaming {
  public:
    Renaming(const DiskAt& at, const fs::path& to, const DiskChangeHold& hold, Progress& progress)
        : settings_{at.settings},
          to_{to},
          hold_{hold},
          link_{hold.link()},
          changed_{hold.link().descriptor},
          progress_{progress} {}

    void run() {
        const auto files = extents_beside(link_, settings_);
        if (folder_of(to_) != link_.folder()) move_hint();
        NewNames names;
        std::map<fs::path, fs::path> moved;
        if (link_.embedded) {
            progress_.checkpoint("link");
            names.link(link_.path, to_);
        } else {
            for (std::size_t i = 0; i < files.size(); ++i) {
                if (files[i]) link_extent(i, *files[i], moved, names);
            }
            sync_folder();
            progress_.checkpoint("descriptor");
            names.add(to_);
            io::replace_file(to_, to_text(changed_), settings_.durability, link_.permissions);
        }
        sync_folder();
        progress_.checkpoint("names");
        switch_machine(names);
        names.keep();
        progress_.point_of_no_return();
        progress_.checkpoint("switched");
        if (link_.embedded) write_embedded(link_.path, to_, changed_, settings_);
        io::remove_file(link_.path);
        for (const auto& [old_name, new_name] : moved) {
            progress_.checkpoint("old name");
            io::remove_file(old_name);
        }
        sync_folder();
    }

  private:
    void sync_folder() const {
        if (settings_.durability == vm::Durability::Synced) {
            io::sync_all({folder_of(to_), link_.folder()});
        }
    }

    // In another folder a relative hint would mean another file.
    void move_hint() {
        if (!changed_.has_parent()) return;
        const vm::Disk disk = vm::open_disk(link_.path, hold_.search(), settings_);
        changed_.parent_hint = fs::canonical(disk.chain.at(1).path).string();
        changed_.parent_hint_bytes = changed_.parent_hint;
    }

    std::string new_name(std::size_t index, const fs::path& file) const {
        const std::string name = file.filename().string();
        const std::string stem = link_.path.stem().string();
        const std::string fresh = to_.stem().string();
        if (name.size() > stem.size() && name.compare(0, stem.size(), stem) == 0) {
            return fresh + name.substr(stem.size());
        }
        const ExtentLine& line = changed_.extents[index];
        const bool sparse = line.type != ExtentType::Flat && line.type != ExtentType::Vmfs;
        if (!sparse && changed_.extents.size() == 1) return fresh + "-flat.vmdk";
        return split_extent_name(fresh, sparse, index + 1);
    }

    void link_extent(std::size_t index, const fs::path& file, std::map<fs::path, fs::path>& moved,
                     NewNames& names) {
        const auto known = moved.find(file);
        const fs::path name =
            known != moved.end() ? known->second : folder_of(to_) / new_name(index, file);
        if (known == moved.end()) {
            progress_.checkpoint("link");
            names.link(file, name);
            moved.emplace(file, name);
        }
        changed_.extents[index].name = name.filename().string();
        changed_.extents[index].name_bytes = changed_.extents[index].name;
    }

    // The new name as the .vmx wrote the old one: bare, relative or absolute.
    std::string name_for(const std::string& old_value, const fs::path& vmx) const {
        if (fs::path{old_value}.is_absolute()) return fs::absolute(to_).string();
        return fs::relative(fs::absolute(to_), fs::canonical(folder_of(vmx))).string();
    }

    void switch_machine(NewNames& names) const {
        if (!hold_.machine()) return;
        const fs::path& vmx = *hold_.machine();
        const vm::Machine machine = vm::Machine::open(vmx, settings_);
        format::Dictionary text = machine.dictionary();
        const auto entries = text.entries();
        const auto bytes = text.entries_in_bytes();
        for (std::size_t i = 0; i < entries.size(); ++i) {
            if (!vm::disk_node_of(entries[i].name)) continue;
            const auto file = find({entries[i].value, bytes[i].value}, machine);
            if (!file || io::identity_of(*file) != link_.identity) continue;
            text.set(entries[i].name, name_for(entries[i].value, vmx));
        }
        io::Replacement replacement{vmx, text.to_bytes()};
        if (settings_.durability == vm::Durability::Synced) io::sync_all({replacement.fresh()});
        names.keep();  // from here on the .vmx may have the new name
        replacement.commit(settings_.durability);
        progress_.checkpoint("list");
        switch_sentinels(machine);
    }

    std::optional<fs::path> find(const vm::NamedFile& name, const vm::Machine& machine) const {
        try {
            return machine.find_file(name);
        } catch (const Error& error) {
            if (is_exhaustion(error.code())) throw;
            return std::nullopt;
        }
    }

    // The snapshot list of a linked clone names the clone's own disks.
    void switch_sentinels(const vm::Machine& machine) const {
        const fs::path list = machine.snapshot_list_path();
        if (!io::identity_of(list)) return;
        vm::SnapshotTree tree = machine.snapshots();
        std::vector<std::string> disks = tree.sentinels();
        const std::string old_name = link_.path.filename().string();
        if (std::find(disks.begin(), disks.end(), old_name) == disks.end()) return;
        std::replace(disks.begin(), disks.end(), old_name, to_.filename().string());
        tree.set_sentinels(disks);
        io::replace_file(list, tree.to_bytes(), settings_.durability);
    }

    const vm::Settings& settings_;
    fs::path to_;
    const DiskChangeHold& hold_;
    const vm::DiskLink& link_;
    Descriptor changed_;
    Progress& progress_;
};

// The descriptor that an interrupted call has made: it has the same extents under other names.
// Throws if another file has the name. A copy of the descriptor, which has the very same names, is
// another file.
std::optional<io::FileIdentity> twin_of(const vm::DiskLink& link, const fs::path& to,
                                        const vm::Settings& settings) {
    const auto id = io::identity_of(to);
    if (!id || id == link.identity) return std::nullopt;
    bool is_twin = false;
    try {
        const vm::DiskLink other = vm::read_link(to);
        std::set<io::FileIdentity> theirs;
        std::set<fs::path> their_names;
        for (const fs::path& file : vm::files_of(other, settings)) {
            if (const auto one = io::identity_of(file)) theirs.insert(*one);
            their_names.insert(fs::canonical(file));
        }
        const auto ours = vm::files_of(link, settings);
        const auto shared = [&](const fs::path& file) {
            const auto one = io::identity_of(file);
            const bool other_name = !their_names.contains(fs::canonical(file));
            return file == link.path || (one && theirs.contains(*one) && other_name);
        };
        is_twin = other.descriptor.cid == link.descriptor.cid && ours.size() > 1 &&
                  std::all_of(ours.begin(), ours.end(), shared);
    } catch (const Error& error) {
        if (is_exhaustion(error.code())) throw;
    }
    if (!is_twin) throw Error{VIX_E_FILE_ALREADY_EXISTS, to.string() + " exists already"};
    return id;
}

// After a crash behind the switch only old names of extents may be left. Returns false if there are
// none.
bool finish_rename(const DiskAt& at, const fs::path& to) {
    if (!io::identity_of(to)) return false;
    bool found = false;
    const std::string stem = to.stem().string();
    for (const fs::path& file : vm::files_of(vm::read_link(to), at.settings)) {
        const std::string name = file.filename().string();
        if (file == to || name.compare(0, stem.size(), stem) != 0) continue;
        const fs::path old_name =
            folder_of(at.path) / (at.path.stem().string() + name.substr(stem.size()));
        if (old_name == file || io::identity_of(old_name) != io::identity_of(file)) continue;
        io::remove_file(old_name);
        found = true;
    }
    return found;
}

// After a crash behind the switch the machine has the new name, and all old names may be left.
// Returns false if the machine still has the old name, or if there is none.
bool finish_switch(const DiskAt& at, const fs::path& to, Progress& progress) {
    const DiskAt renamed{to, at.machines, at.settings, at.patience};
    if (machines_that_name(renamed).empty() || !machines_that_name(at).empty()) return false;
    const vm::DiskLink old = vm::read_link(at.path);
    const DiskChangeHold hold{renamed, progress, old.identity};
    const auto files = vm::files_of(old, at.settings);
    io::remove_file(old.path);
    for (const fs::path& file : files) {
        if (file != old.path) io::remove_file(file);
    }
    return true;
}

}  // namespace

void rename_disk(const DiskAt& at, const fs::path& to, Progress& progress) {
    require_disk_name(to);
    if (!io::identity_of(at.path) && finish_rename(at, to)) return;
    if (fs::absolute(to).lexically_normal() == fs::absolute(at.path).lexically_normal()) {
        throw Error{VIX_E_FILE_ALREADY_EXISTS, to.string() + " exists already"};
    }
    if (twin_of(vm::read_link(at.path), to, at.settings) && finish_switch(at, to, progress)) return;
    const io::Lock hold_name{to, io::LockKind::Exclusive, io::Patience{at.patience, &progress}};
    const auto twin = twin_of(vm::read_link(at.path), to, at.settings);
    const DiskChangeHold hold{at, progress, twin};
    progress.expect(1);
    Renaming{at, to, hold, progress}.run();
    progress.add(1);
}

void delete_disk(const DiskAt& at, Progress& progress) {
    const DiskChangeHold hold{at, progress};
    if (hold.machine()) {
        throw Error{VIX_E_OBJECT_IS_BUSY, at.path.string() + " is a disk of " +
                                              hold.machine()->string() + "; remove it there first"};
    }
    const vm::DiskLink& link = hold.link();
    std::vector<fs::path> files;
    for (const fs::path& file : vm::files_of(link, at.settings)) {
        const bool beside = fs::canonical(folder_of(file)) == fs::canonical(link.folder());
        const bool plain = fs::symlink_status(file).type() == fs::regular_file;
        if (file != link.path && beside && plain) files.push_back(file);
    }
    files.push_back(link.path);
    progress.expect(files.size());
    for (const fs::path& file : files) {
        progress.checkpoint("delete");
        unlink(io::fresh_name(file).c_str());
        io::remove_file(file);
        progress.add(1);
    }
    if (at.settings.durability == vm::Durability::Synced) io::sync_all({link.folder()});
}

void make_deletable(const DiskAt& at, Progress& progress) {
    const DiskChangeHold hold{at, progress};
    Descriptor changed = hold.link().descriptor;
    std::erase_if(changed.ddb,
                  [](const auto& entry) { return equal_ignoring_case(entry.first, "deletable"); });
    changed.ddb.emplace_back("deletable", "true");
    progress.checkpoint("descriptor");
    write_descriptor(hold.link(), changed, at.settings);
}

}  // namespace vix::ops
