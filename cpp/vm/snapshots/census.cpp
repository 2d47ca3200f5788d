#include "vm/snapshots/census.h"

#include <sys/stat.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>

#include "base/text.h"
#include "format/vmdk/descriptor.h"
#include "format/vmsn.h"
#include "io/files/folder.h"
#include "vm/disks/broken_text.h"
#include "vm/disks/disk.h"
#include "vm/machine/machine.h"
#include "vm/machine/machine_files.h"
#include "vm/machine/moved.h"
#include "vm/snapshots/machine_state.h"

namespace fs = boost::filesystem;

namespace vix::vm {
namespace {

// An embedded descriptor lies in the first 21 sectors; most separate descriptors are shorter.
constexpr std::size_t kDescriptorStart = 21 * 512;
constexpr std::uint64_t kStateStart = std::uint64_t{1} << 20;

// True if the file may exist but could not be read. Then its needs are unknown. False if the file
// was read and its content is wrong.
bool is_unseen(const Error& error) {
    return error.code() == VIX_E_FILE_ACCESS_ERROR || error.code() == VIX_E_FILE_ERROR ||
           error.code() == VIX_E_FILE_TOO_BIG;
}

std::string start_of(const io::File& file, std::uint64_t most) {
    std::string text(std::min(file.size(), most), '\0');
    file.read_at(0, std::as_writable_bytes(std::span{text}));
    return text;
}

// Returns the value of the first line that contains `name`, from a descriptor that cannot be
// parsed.
std::string raw_value(std::string_view text, std::string_view name) {
    const auto at = to_lower(text).find(to_lower(name));
    if (at == std::string::npos) return {};
    std::string_view line =
        text.substr(at, text.substr(at).find_first_of(std::string_view{"\r\n\0", 3}));
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return {};
    line = trim(line.substr(equals + 1));
    if (line.substr(0, 1) == "\"") line.remove_prefix(1);
    return std::string{line.substr(0, line.find('"'))};
}

}  // namespace

bool Needs::contains(const fs::path& file) const {
    return unseen_ || who_needs(file).has_value();
}

std::optional<fs::path> Needs::who_needs(const fs::path& file) const {
    if (const auto id = io::identity_of(file)) {
        const auto found = by_identity_.find(*id);
        if (found != by_identity_.end()) return found->second;
    }
    const auto found = by_place_.find(folders_.place_of(file));
    return found == by_place_.end() ? std::nullopt : std::optional{found->second};
}

void Needs::add(const fs::path& file, const fs::path& who) {
    if (const auto id = io::identity_of(file)) by_identity_.emplace(*id, who);
    by_place_.emplace(folders_.place_of(file), who);
}

std::vector<std::string> disk_names_of_others(const fs::path& vmx,
                                              const std::vector<std::string>& names) {
    const std::set<fs::path> own{vmx.filename(), snapshot_list_path(vmx).filename()};
    std::vector<std::string> disks;
    for (const std::string& file : names) {
        const std::string extension = to_lower(fs::path{file}.extension().string());
        const bool text = extension == ".vmx" || extension == ".vmtx" || extension == ".vmsd";
        if (!text || own.contains(file)) continue;
        try {
            const auto bytes = io::read_text(vmx.parent_path() / file, SnapshotTree::kMostBytes);
            for (const NamedFile& named : names_in_broken_text(bytes)) {
                const std::string name = bare_name(named.name);
                if (to_lower(fs::path{name}.extension().string()) == ".vmdk") disks.push_back(name);
            }
        } catch (const Error& error) {
            if (is_exhaustion(error.code())) throw;  // else skip the file
        }
    }
    return disks;
}

Census::Census(const fs::path& vmx, const std::vector<fs::path>& own_states,
               const Settings& settings)
    : settings_{settings} {
    std::vector<fs::path> files = own_states;
    files.insert(files.end(), {vmx, snapshot_list_path(vmx)});
    for (const fs::path& file : files) {
        if (const auto id = io::identity_of(file)) askers_.insert(*id);
    }
    look([&] {
        const auto bytes = io::read_text(vmx, Config::kMostBytes);
        search_ = Machine{Config::parse_leniently(vmx, bytes), settings_}.search_folders();
    });
}

template <typename Read>
void Census::look(Read read) {
    try {
        read();
    } catch (const Error& error) {
        if (is_exhaustion(error.code())) throw;
        const bool unseen = is_unseen(error) || error.code() == VIX_E_CANNOT_READ_VM_CONFIG;
        if (unseen && !unseen_) unseen_ = error;
    }
}

// Resolves symbolic links. Returns nothing unless the target is a regular file.
std::optional<fs::path> Census::plain_file(const fs::path& path) {
    boost::system::error_code error;
    auto type = fs::symlink_status(path, error).type();
    if (type == fs::symlink_file) type = fs::status(path, error).type();
    if (type == fs::status_error && error != boost::system::errc::too_many_symbolic_link_levels) {
        throw system_error(error.value(), "looking for", path.string());
    }
    if (type != fs::regular_file) return std::nullopt;
    return real_.canonical(path);
}

bool Census::is_askers(const fs::path& file) const {
    const auto id = io::identity_of(file);
    return id && askers_.contains(*id);
}

void Census::add_folder(const fs::path& folder) {
    look([&] {
        boost::system::error_code error;
        const fs::path place = fs::canonical(folder, error);
        if (error == boost::system::errc::no_such_file_or_directory) return;
        if (error) throw system_error(error.value(), "looking for", folder.string());
        if (!folders_.insert(place).second) return;
        const std::vector<std::string> names = io::names_in(place);
        for (const std::string& name : names) {
            const fs::path file = place / name;
            look([&] { add_file(file, to_lower(file.extension().string()), names); });
        }
    });
    trace_disks();
}

void Census::add_file(const fs::path& file, const std::string& extension,
                      const std::vector<std::string>& names) {
    const bool machine = extension == ".vmx" || extension == ".vmtx";
    const bool state = extension == ".vmsn" || extension == ".vmss";
    if (!machine && !state && extension != ".vmsd" && extension != ".vmdk") return;
    if (is_askers(file)) return;
    const auto target = plain_file(file);
    if (!target || (*target != file && is_askers(*target))) return;
    if (extension == ".vmdk") {
        Disk* disk = learn_disk(*target);
        if (disk != nullptr) disk->scanned = true;
        if (*target != file) named_.emplace(*target, file);
    } else if (state) {
        add_state(file);
    } else {
        if (machine) add_companions(file, names);
        add_text(file,
                 io::read_text(*target, machine ? Config::kMostBytes : SnapshotTree::kMostBytes));
    }
}

// Adds the files that belong to the machine by name although it does not name them. All machines
// use the same names for their logs, so in a shared folder every log may belong to this machine.
void Census::add_companions(const fs::path& vmx, const std::vector<std::string>& names) {
    const std::string stem = vmx.stem().string();
    named_.emplace(vmx, vmx);
    for (const std::string& name : names) {
        if (!is_named_after(name, stem) && !is_log(name)) continue;
        if (const auto file = plain_file(vmx.parent_path() / name)) named_.emplace(*file, vmx);
    }
}

// A damaged state may still show which disks it needs.
void Census::add_state(const fs::path& state) {
    const io::File file = io::File::open(real_.canonical(state));
    std::string bytes;
    try {
        bytes = format::read_vmsn(file).config;
    } catch (const Error& error) {
        if (is_unseen(error) || is_exhaustion(error.code())) throw;
        add_broken_text(state, start_of(file, kStateStart));
        return;
    }
    const Config config = Config::parse_leniently(state, bytes);
    for (const DiskDevice& device : config.all_disks()) add_name(device.file, state);
    if (config.fault()) add_broken_text(state, bytes);
}

void Census::add_text(const fs::path& who, const std::string& bytes) {
    const Config text = Config::parse_leniently(who, bytes);
    for (const auto& [key, value] : text.dictionary().entries()) {
        // A parent does not need the .vmx of its linked clones. Skipping them also saves one search
        // per clone.
        const bool clone = starts_with_ignoring_case(key, "snapshot") &&
                           to_lower(key).find(".clone") != std::string::npos;
        if (clone || value.find('.') == std::string::npos) continue;
        add_name({value, text.dictionary().find_bytes(key).value_or(value)}, who);
    }
    if (text.fault()) add_broken_text(who, bytes);
}

void Census::add_broken_text(const fs::path& who, const std::string& bytes) {
    for (const NamedFile& name : names_in_broken_text(bytes)) add_name(name, who);
}

void Census::add_name(const NamedFile& name, const fs::path& who) {
    std::optional<fs::path> found;
    try {
        found = find_file(name, who.parent_path(), {who.parent_path()}, settings_);
    } catch (const Error& error) {
        if (error.code() != VIX_E_FILE_NAME_INVALID) throw;  // a drive that is not mapped
    }
    const auto file = found ? plain_file(*found) : std::nullopt;
    if (!file) return;
    named_.emplace(*file, who);
    const std::string extension = to_lower(file->extension().string());
    if (extension == ".vmdk") {
        learn_disk(*file);
    } else if (extension == ".vmss" || extension == ".vmsn") {
        for (const fs::path& part : files_of_state(*file)) {
            if (io::identity_of(part)) named_.emplace(part, who);
        }
    }
}

// Returns nullptr if the file does not exist or cannot be read.
Census::Disk* Census::learn_disk(const fs::path& path) {
    const auto id = io::identity_of(path);
    if (!id) return nullptr;
    const auto known = disks_.find(*id);
    if (known != disks_.end()) return &known->second;
    Lineage lineage;
    lineage.path = path;
    try {
        const DiskLink link = read_link(path);
        lineage.cid = link.descriptor.cid;
        lineage.parent_hint = link.descriptor.parent_hint;
        lineage.parent_hint_bytes = link.descriptor.parent_hint_bytes;
        lineage.parent_cid = link.descriptor.parent_cid;
        for (const fs::path& file : files_of(link, settings_)) {
            if (file != path) lineage.extents.push_back(file);
        }
    } catch (const Error& error) {
        if (is_exhaustion(error.code())) throw;
        if (is_unseen(error)) {
            unreadable_.emplace(path, error);
            return nullptr;
        }
        const std::string start = start_of(io::File::open(path), kDescriptorStart);
        lineage.parent_hint = lineage.parent_hint_bytes = raw_value(start, "parentFileNameHint");
    }
    to_trace_.push_back(*id);
    return &disks_.emplace(*id, Disk{std::move(lineage), false, {}}).first->second;
}

// Returns the file that the hint names. If that is not the disk that the child was made from,
// returns also every path where the parent may be after a move.
std::vector<fs::path> Census::parents_of(const Lineage& lineage) {
    std::vector<fs::path> places;
    if (lineage.parent_hint.empty()) return places;
    const fs::path folder = lineage.path.parent_path();
    std::vector<fs::path> search{folder};
    search.insert(search.end(), search_.begin(), search_.end());
    try {
        const auto found =
            find_file({lineage.parent_hint, lineage.parent_hint_bytes}, folder, search, settings_);
        if (found) places.push_back(*found);
    } catch (const Error& error) {
        if (error.code() != VIX_E_FILE_NAME_INVALID) throw;  // a drive that is not mapped
    }
    for (const fs::path& place : places) {
        const Disk* parent = learn_disk(real_.canonical(place));
        if (parent != nullptr && parent->lineage.cid == lineage.parent_cid) return places;
    }
    for (const fs::path& place : moved_places(lineage.parent_hint, folder)) {
        places.push_back(place);
    }
    return places;
}

// learn_disk() appends the parents that it finds to to_trace_, so the loop follows whole chains.
void Census::trace_disks() {
    while (!to_trace_.empty()) {
        const Id id = to_trace_.back();
        to_trace_.pop_back();
        look([&] {
            for (const fs::path& place : parents_of(disks_.at(id).lineage)) {
                const auto file = plain_file(place);
                const auto parent = file ? io::identity_of(*file) : std::nullopt;
                if (!parent || *parent == id) continue;
                learn_disk(*file);
                disks_.at(id).parents.push_back(*parent);
            }
        });
    }
}

Needs Census::needs_beside(const std::set<Id>& own) const {
    Needs needs;
    needs.unseen_ = unseen_;
    std::set<fs::path> extents;
    std::vector<std::pair<Id, fs::path>> needed;  // a disk and who needs it
    for (const auto& [file, who] : named_) {
        needs.add(file, who);
        if (const auto id = io::identity_of(file)) needed.emplace_back(*id, who);
    }
    for (const auto& [id, disk] : disks_) {
        for (const fs::path& extent : disk.lineage.extents) extents.insert(real_.place_of(extent));
    }
    for (const auto& [id, disk] : disks_) {
        const fs::path& path = disk.lineage.path;
        if (!disk.scanned || own.contains(id) || extents.contains(real_.place_of(path))) continue;
        for (const fs::path& extent : disk.lineage.extents) needs.add(extent, path);
        for (const Id& parent : disk.parents) needed.emplace_back(parent, path);
    }
    std::set<Id> done;
    while (!needed.empty()) {
        const auto [id, who] = needed.back();
        needed.pop_back();
        const auto disk = disks_.find(id);
        if (!done.insert(id).second || disk == disks_.end()) continue;
        needs.add(disk->second.lineage.path, who);
        for (const fs::path& extent : disk->second.lineage.extents) needs.add(extent, who);
        for (const Id& parent : disk->second.parents) needed.emplace_back(parent, who);
    }
    for (const auto& [path, error] : unreadable_) {
        if (!needs.unseen_ && !extents.contains(real_.place_of(path))) needs.unseen_ = error;
    }
    return needs;
}

}  // namespace vix::vm
