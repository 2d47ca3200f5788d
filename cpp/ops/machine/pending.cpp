#include "ops/machine/pending.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <boost/endian/buffers.hpp>
#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <optional>
#include <sstream>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "format/vmdk/extent.h"
#include "io/files/file.h"
#include "io/files/replacement.h"
#include "ops/snapshots/disk_family.h"
#include "vm/machine/machine_files.h"
#include "vm/snapshots/census.h"
#include "vm/snapshots/machine_state.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

constexpr std::string_view kMagic = "vix-pending 1";
constexpr std::uint64_t kLimit = std::uint64_t{16} << 20;

// Extensions of files that calls make and delete. Recovery deletes no other file.
constexpr std::string_view kExtensions[] = {".vmdk", ".vmsn", ".vmem", ".vmss", ".fd"};

fs::path journal_path(const fs::path& vmx) {
    return vmx.parent_path() / (vmx.stem().string() + ".vix-pending");
}

using Entries = Pending::Entries;
using format::vmdk::HostedHeader;
namespace endian = boost::endian;

std::string nodes_of(const vm::Config& machine) {
    std::set<std::string> nodes;
    for (const vm::DiskDevice& device : machine.disks()) nodes.insert(to_lower(device.node));
    std::string list;
    for (const std::string& node : nodes) list += node + ' ';
    return list;
}

// The journal's format. Each field ends with a NUL:
// - the magic, and the journal's own inode,
// - "file", an inode and a path,
// - "merge", "replaced" or "removed" and a path,
// - "nodes" and their list,
// - "config" and its size and checksum.
// Paths in the machine's folder are stored as names, so they stay valid when the machine moves.
std::string to_text(const Entries& entries, const fs::path& folder, std::uint64_t inode) {
    std::string text = std::string{kMagic} + '\0' + std::to_string(inode) + '\0';
    const auto name = [&](const fs::path& path) {
        return (path.parent_path() == folder ? path.filename() : path).string() + '\0';
    };
    for (const auto& [path, mark] : entries.files) {
        text += "file " + std::to_string(mark) + ' ' + name(path);
    }
    for (const fs::path& path : entries.merges) text += "merge " + name(path);
    for (const fs::path& path : entries.replaced) text += "replaced " + name(path);
    for (const fs::path& path : entries.removed) text += "removed " + name(path);
    for (const std::string& list : entries.nodes) text += "nodes " + list + '\0';
    if (!entries.config.empty()) text += "config " + entries.config + '\0';
    return text;
}

// Accepts files in other folders only from a journal of our own user. Otherwise anybody who can
// write to the machine's folder could make others delete files that he cannot delete.
std::optional<fs::path> to_path(const std::string& name, const fs::path& folder, bool is_ours) {
    const fs::path path{name};
    if (path.is_absolute()) return is_ours ? std::optional{path} : std::nullopt;
    if (name.empty() || path.has_parent_path() || name == "." || name == "..") return std::nullopt;
    return folder / path;
}

void read_entry(const std::string& line, const fs::path& folder, bool is_ours, Entries& entries) {
    const std::size_t space = line.find(' ');
    if (space == std::string::npos) return;
    const std::string kind = line.substr(0, space);
    const std::string rest = line.substr(space + 1);
    if (kind == "nodes") {
        entries.nodes.insert(rest);
    } else if (kind == "config") {
        entries.config = rest;
    } else if (kind == "file") {
        const std::size_t end = rest.find(' ');
        if (end == std::string::npos) return;
        if (const auto path = to_path(rest.substr(end + 1), folder, is_ours)) {
            entries.files[*path] = parse_number(rest.substr(0, end)).value_or(0);
        }
    } else if (const auto path = to_path(rest, folder, is_ours && kind == "merge")) {
        if (kind == "merge") entries.merges.insert(*path);
        if (kind == "replaced") entries.replaced.insert(*path);
        if (kind == "removed" && path->extension() == ".fd") entries.removed.insert(*path);
    }
}

// Returns nothing for a torn journal or one that was copied.
Entries read_entries(const fs::path& journal) {
    Entries entries;
    const io::File file = io::File::open(journal, io::Links::Refuse);
    if (file.size() > kLimit) return entries;
    std::istringstream lines{io::read_text(file, kLimit)};
    std::string line;
    if (!std::getline(lines, line, '\0') || line != kMagic) return entries;
    if (!std::getline(lines, line, '\0')) return entries;
    if (line != std::to_string(file.identity().inode)) return entries;
    struct stat status {};
    const bool is_ours = fstat(file.descriptor(), &status) == 0 && status.st_uid == geteuid();
    while (std::getline(lines, line, '\0'))
        read_entry(line, journal.parent_path(), is_ours, entries);
    return entries;
}

void write_entries(const Entries& entries, const fs::path& journal) {
    const fs::path fresh = journal.string() + ".vix-new";
    unlink(fresh.c_str());
    io::File file = io::File::create(fresh, 0600);
    try {
        const auto text = to_text(entries, journal.parent_path(), file.identity().inode);
        file.write_at(0, io::as_bytes(text));
        file.finish(io::Durability::Unsynced);
        if (rename(fresh.c_str(), journal.c_str()) != 0) {
            throw system_error(errno, "writing", journal.string());
        }
    } catch (...) {
        unlink(fresh.c_str());
        throw;
    }
}

// True for a sparse extent with more than its tables. Calls make empty disks, so such a file got
// the name in another way.
bool holds_grains(const fs::path& path) {
    const io::File file = io::File::open(path, io::Links::Refuse);
    endian::little_uint32_buf_t magic;
    if (file.size() < sizeof(HostedHeader)) return false;
    file.read_at(0, std::as_writable_bytes(std::span{&magic, 1}));
    if (magic.value() != HostedHeader::kMagic) return false;
    try {
        return file.size() > format::vmdk::read_header(file).overhead.value() * kSectorSize;
    } catch (const Error& error) {
        if (is_exhaustion(error.code())) throw;
        return false;  // an incomplete header
    }
}

bool is_of_a_call(const fs::path& file) {
    const std::string extension = to_lower(file.extension().string());
    return std::find(std::begin(kExtensions), std::end(kExtensions), extension) !=
           std::end(kExtensions);
}

// Everything that the machine references, and what others need in the folders of the listed files.
// Throws if that is unknown.
class References {
  public:
    References(const vm::Machine& machine, const Entries& entries)
        : machine_{machine},
          family_{machine, machine.snapshots()},
          same_nodes_{entries.nodes.empty() || entries.nodes.contains(nodes_of(machine_))} {
        std::set<io::FileIdentity> own;
        for (const auto& [id, member] : family_.members()) {
            for (const fs::path& file : files_of(member.link, machine.settings())) add(file);
            own.insert(id);
        }
        add_states();
        for (const fs::path& state : vm::suspended_states(machine.path())) states_.push_back(state);
        // Files that will be deleted need nothing; files that stay may need others. So count again
        // without the files that others need.
        std::vector<fs::path> going;
        for (const auto& [file, mark] : entries.files) {
            const auto id = io::identity_of(file);
            if (!id || !is_to_go(file, mark)) continue;
            own.insert(*id);
            going.push_back(file);
        }
        others_ = count_others(entries, going, own);
        const std::size_t all = going.size();
        std::erase_if(going, [&](const fs::path& file) { return others_.contains(file); });
        if (going.size() < all) others_ = count_others(entries, going, own);
        if (const auto& unseen = others_.unseen()) throw Error{*unseen};
    }

    // True if nothing references the file, and it is either the listed file or holds no data that a
    // guest can have written.
    bool may_go(const fs::path& file, std::uint64_t mark) const {
        return is_to_go(file, mark) && !others_.contains(file);
    }

    // True for a disk that the machine depends on and that nothing needs by itself. Also true for a
    // disk that only a detached disk depends on: it may become such a disk again.
    bool is_one_too_many(const fs::path& disk) const {
        const auto id = family_.find(disk);
        if (!id) return others_.contains(disk);
        return !family_.is_present(*id) && !family_.is_frozen(*id);
    }

  private:
    // Considers only the machine itself.
    bool is_to_go(const fs::path& file, std::uint64_t mark) const {
        struct stat status {};
        if (lstat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
        if (!is_of_a_call(file)) return false;
        if (known_.contains({status.st_dev, status.st_ino})) return false;
        if (mark != 0 && !same_nodes_) return false;
        return status.st_ino == mark || !holds_grains(file);
    }

    // What is needed apart from the machine's own disks and states and the states to be deleted.
    vm::Needs count_others(const Entries& entries, const std::vector<fs::path>& going,
                           const std::set<io::FileIdentity>& own) const {
        std::vector<fs::path> states = states_;
        states.insert(states.end(), going.begin(), going.end());
        vm::Census census{machine_.path(), states, machine_.settings()};
        census.add_folder(machine_.folder());
        for (const auto& [file, mark] : entries.files) census.add_folder(file.parent_path());
        return census.needs_beside(own);
    }

    void add(const fs::path& file) {
        if (const auto id = io::identity_of(file)) known_.insert(*id);
    }

    void add_state(const vm::NamedFile& named) {
        if (named.name.empty()) return;
        try {
            const auto path = machine_.find_at_path(named);
            if (!path) return;
            states_.push_back(*path);
            for (const fs::path& file : vm::files_of_state(*path)) add(file);
        } catch (const Error& error) {
            // A drive that is not mapped holds none of these files.
            if (error.code() != VIX_E_FILE_NAME_INVALID) throw;
        }
    }

    void add_states() {
        const std::string suspended = machine_.find("checkpoint.vmState").value_or("");
        add_state({suspended, suspended});
        for (const vm::Snapshot& snapshot : machine_.snapshots().snapshots())
            add_state(snapshot.state_file);
    }

    const vm::Machine& machine_;
    DiskFamily family_;
    bool same_nodes_;
    std::set<io::FileIdentity> known_;
    std::vector<fs::path> states_;
    vm::Needs others_;
};

// Removes replacements that were not put in place. One that cannot be removed is harmless; the next
// replacement removes it.
void remove_unfinished(const fs::path& file) {
    unlink(io::fresh_name(file).c_str());
    unlink(io::old_name(file).c_str());
}

std::string mark_for(const std::string& config) {
    boost::crc_32_type sum;
    sum.process_bytes(config.data(), config.size());
    return std::to_string(config.size()) + '-' + std::to_string(sum.checksum());
}

// Returns false if the file still exists.
bool is_deleted(const fs::path& file) {
    return unlink(file.c_str()) == 0 || errno == ENOENT;
}

// Completes the changes that belong to the new configuration, if the .vmx has it. A failed rename
// throws before the prepared file is lost.
void follow(const fs::path& vmx, const Entries& entries) {
    if (entries.config.empty() || mark_for(io::read_text(vmx, kLimit)) != entries.config) return;
    for (const fs::path& file : entries.replaced) {
        if (rename(io::fresh_name(file).c_str(), file.c_str()) != 0 && errno != ENOENT) {
            throw system_error(errno, "replacing", file.string());
        }
    }
    for (const fs::path& file : entries.removed) io::remove_file(file);
}

bool is_there(const std::pair<const fs::path, std::uint64_t>& entry) {
    const fs::path& file = entry.first;
    return io::identity_of(file) || io::identity_of(io::fresh_name(file)) ||
           io::identity_of(io::old_name(file));
}

// Throws if it is unknown what is referenced; then it has deleted nothing.
void tidy(const vm::Machine& machine, const Entries& entries) {
    const fs::path& vmx = machine.path();
    follow(vmx, entries);
    for (const fs::path& file : entries.replaced) remove_unfinished(file);
    Entries left;
    const bool anything = !entries.merges.empty() ||
                          std::any_of(entries.files.begin(), entries.files.end(), is_there);
    if (anything) {
        const References references{machine, entries};
        for (const auto& [file, mark] : entries.files) {
            if (references.may_go(file, mark) && !is_deleted(file)) left.files.emplace(file, mark);
            remove_unfinished(file);
        }
        for (const fs::path& disk : entries.merges) {
            if (references.is_one_too_many(disk)) left.merges.insert(disk);
        }
    }
    if (!left.files.empty()) left.nodes = entries.nodes;
    if (left.empty()) {
        unlink(journal_path(vmx).c_str());  // one that stays lists too much: harmless
    } else if (left.merges != entries.merges || !entries.files.empty()) {
        write_entries(left, journal_path(vmx));
    }
}

}  // namespace

void Pending::take_up(const vm::Machine& machine) noexcept {
    try {
        const fs::path& vmx = machine.path();
        const fs::path journal = journal_path(vmx);
        for (const fs::path& file : {vmx, machine.snapshot_list_path(), journal}) {
            remove_unfinished(file);
        }
        if (io::identity_of(journal)) tidy(machine, read_entries(journal));
    } catch (...) {
        // The next call recovers.
    }
}

bool Pending::is_due(const fs::path& vmx) {
    const fs::path journal = journal_path(vmx);
    if (!io::identity_of(journal)) return false;
    const Entries entries = read_entries(journal);
    return entries.empty() || !entries.files.empty();
}

Pending::Pending(const vm::Machine& machine)
    : machine_{machine}, path_{journal_path(machine.path())} {
    if (io::identity_of(path_)) left_ = read_entries(path_);
}

Pending::~Pending() {
    if (!written_) return;
    try {
        // If everything was undone, do not read the machine: that may be what failed.
        const bool nothing =
            own_.config.empty() && std::none_of(own_.files.begin(), own_.files.end(), is_there);
        if (nothing && !own_.files.empty()) {
            done();
        } else {
            vm::Machine now = machine_;
            now.reread();
            tidy(now, all());
        }
    } catch (...) {
        // The first error is being thrown; the next call recovers.
    }
}

void Pending::expect_nodes(const vm::Config& machine) {
    own_.nodes.insert(nodes_of(machine));
}

void Pending::add(const fs::path& file) {
    const auto id = io::identity_of(file);
    own_.files.emplace(file, id ? id->inode : 0);
}

void Pending::add(const std::vector<fs::path>& files) {
    for (const fs::path& file : files) add(file);
}

void Pending::add_made(const std::vector<fs::path>& files) {
    for (const fs::path& file : files) {
        const auto id = io::identity_of(file);
        left_.files.erase(file);  // an earlier file of that name
        own_.files.insert_or_assign(file, id ? id->inode : 0);
    }
}

const std::set<fs::path>& Pending::take_over_merges() {
    own_.merges.merge(left_.merges);
    left_.merges.clear();
    return own_.merges;
}

void Pending::remove(const fs::path& file, Progress& progress) {
    try {
        io::remove_file(file);
    } catch (const Error& reason) {
        const auto id = io::identity_of(file);
        left_.files.emplace(file, id ? id->inode : 0);
        left_.nodes.insert(own_.nodes.begin(), own_.nodes.end());
        progress.note(reason.detail() + "; the next call that changes the machine tries again");
    }
}

void Pending::write() {
    write_entries(all(), path_);
    written_ = true;
}

void Pending::done() noexcept {
    written_ = false;
    try {
        if (!left_.empty()) return write_entries(left_, path_);
    } catch (...) {
        return;  // the journal lists too much, which is harmless
    }
    unlink(path_.c_str());
}

void Pending::follow_config(const std::string& config) {
    own_.config = mark_for(config);
}

Pending::Entries Pending::all() const {
    Entries both = left_;
    both.files.insert(own_.files.begin(), own_.files.end());
    both.merges.insert(own_.merges.begin(), own_.merges.end());
    both.nodes.insert(own_.nodes.begin(), own_.nodes.end());
    if (own_.config.empty()) return both;
    both.config = own_.config;
    both.replaced = own_.replaced;
    both.removed = own_.removed;
    return both;
}

}  // namespace vix::ops
