#include "vm/snapshots/snapshot_tree.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <limits>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "io/files/file.h"
#include "io/files/path_map.h"

namespace fs = boost::filesystem;

namespace vix::vm {
namespace {

constexpr std::size_t kMaxSnapshots = 2000;  // VMware's limit is far lower
constexpr std::size_t kMostRecent = 100;
constexpr int kLargestUid = std::numeric_limits<int>::max();

// VMware writes the low half as a signed number. Both forms are read.
std::int64_t to_time(const std::string& high, const std::string& low) {
    const bool negative = low.substr(0, 1) == "-";
    const std::int64_t magnitude =
        static_cast<std::int64_t>(parse_number(low.substr(negative ? 1 : 0)).value_or(0));
    const auto lower = static_cast<std::uint32_t>(negative ? -magnitude : magnitude);
    const std::uint64_t upper = parse_number(high).value_or(0);
    return static_cast<std::int64_t>(upper << 32 | lower);
}

}  // namespace

fs::path snapshot_list_path(const fs::path& vmx) {
    return io::follow_windows_names(vmx.parent_path(), vmx.stem().string() + ".vmsd");
}

SnapshotTree SnapshotTree::read(const fs::path& vmsd) {
    return read(vmsd, {});
}

SnapshotTree SnapshotTree::read(const fs::path& vmsd, SnapshotTree known) {
    boost::system::error_code ignored;
    if (fs::symlink_status(vmsd, ignored).type() == fs::file_not_found) return {};
    const io::File file = io::File::open(vmsd);
    if (known.files_ && known.files_->list == io::state_of(file)) return known;
    known.files_.reset();
    const std::string bytes = io::read_text(file, kMostBytes);
    if (known.dictionary_.was_parsed_from(bytes)) return known;
    return parse(bytes, vmsd.string());
}

SnapshotTree SnapshotTree::parse(std::string_view bytes, const std::string& where) {
    SnapshotTree tree;
    tree.dictionary_ = format::Dictionary::parse(bytes, where);
    tree.read_snapshots(where);
    return tree;
}

const std::string& SnapshotTree::settle() {
    files_.reset();
    return dictionary_.settle();
}

std::string SnapshotTree::text(std::string_view name) const {
    return dictionary_.find(name).value_or("");
}

// Reads the uid lines and ignores the count: it is wrong or absent in files that others edited.
void SnapshotTree::read_snapshots(const std::string& where) {
    const SnapshotListText list{dictionary_, where};
    std::map<int, std::size_t> known;
    for (const auto& [index, keys] : list.keys()) {
        Snapshot snapshot = read_snapshot(list, index, keys);
        const std::string uid = snapshot_key(index, "uid");
        if (snapshot.uid == kNoSnapshot) {
            require_no_files(list, index, keys);
            continue;
        }
        const auto [same, is_new] = known.emplace(snapshot.uid, index);
        if (!is_new) {
            const std::string other = snapshot_key(same->second, "uid");
            list.refuse(uid, "is " + std::to_string(snapshot.uid) + ", the same as " + other +
                                 " in line " + std::to_string(dictionary_.line_of(other)));
        }
        positions_.emplace(snapshot.uid, snapshots_.size());
        snapshots_.push_back(std::move(snapshot));
        indices_.push_back(index);
    }
    if (snapshots_.size() > kMaxSnapshots) {
        throw Error{VIX_E_SNAPSHOT_CONFIG, where + " lists " + std::to_string(snapshots_.size()) +
                                               " snapshots, but at most " +
                                               std::to_string(kMaxSnapshots) + " are supported"};
    }
    for (Snapshot& snapshot : snapshots_) {
        if (!known.contains(snapshot.parent)) snapshot.parent = kNoSnapshot;
    }
    list.number("snapshot.lastUID");
    current_ = list.number("snapshot.current");
    if (!known.contains(current_)) current_ = kNoSnapshot;
    clone_of_ = list.numbered("cloneOf");
    sentinels_ = list.numbered("sentinel");
    check_parents(where);
}

// Leftover lines of a removed entry may stay unless they name files.
void SnapshotTree::require_no_files(const SnapshotListText& list, std::size_t index,
                                    const SnapshotKeys& keys) const {
    const std::string state = snapshot_key(index, "filename");
    std::optional<std::string_view> naming;
    if (!text(state).empty()) naming = state;
    if (!keys.disks.empty()) naming = keys.disks.begin()->second;
    if (!keys.clones.empty()) naming = keys.clones.begin()->second;
    if (naming) list.refuse(*naming, "belongs to a snapshot without a uid");
}

// Each walk ends where an earlier one passed, so that a long line of snapshots is walked once.
void SnapshotTree::check_parents(const std::string& where) const {
    std::set<int> sound{kNoSnapshot};
    for (const Snapshot& snapshot : snapshots_) {
        std::vector<int> way;
        int uid = snapshot.uid;
        for (; !sound.contains(uid); uid = snapshots_[position_of(uid)].parent) {
            way.push_back(uid);
            if (way.size() <= snapshots_.size()) continue;
            throw Error{VIX_E_SNAPSHOT_CONFIG,
                        where + ": snapshot " + std::to_string(snapshot.uid) +
                            " is its own ancestor: the chain of its parents is a loop"};
        }
        sound.insert(way.begin(), way.end());
    }
}

// Numbers of disks and clones may have gaps, because users delete lines.
Snapshot SnapshotTree::read_snapshot(const SnapshotListText& list, std::size_t index,
                                     const SnapshotKeys& keys) const {
    const auto value = [&](const std::string& name) { return text(snapshot_key(index, name)); };
    Snapshot snapshot;
    snapshot.uid = list.number(snapshot_key(index, "uid"));
    snapshot.parent = list.number(snapshot_key(index, "parent"));
    snapshot.display_name = value("displayName");
    snapshot.description = value("description");
    snapshot.state_file = list.file(snapshot_key(index, "filename"));
    snapshot.with_memory = value("type") == "1";
    snapshot.created_us = to_time(value("createTimeHigh"), value("createTimeLow"));
    for (const auto& [number, name] : keys.disks) {
        NamedFile named = list.file(name);
        if (named.name.empty()) continue;
        snapshot.disks.push_back(
            {value("disk" + std::to_string(number) + ".node"), std::move(named)});
    }
    snapshot.clones.reserve(keys.clones.size());
    for (const auto& [number, name] : keys.clones) {
        std::string vmx = list.file(name).name;
        if (!vmx.empty()) snapshot.clones.push_back(std::move(vmx));
    }
    for (const auto& [number, name] : keys.awaited) {
        const std::string key{name.substr(0, name.size() - kAwaitedClone.size())};
        snapshot.awaited.push_back({list.file(name).name, text(key + std::string{kAwaitedPlace})});
    }
    return snapshot;
}

void SnapshotTree::set_awaited(int uid, const std::vector<AwaitedClone>& clones) {
    const std::size_t position = position_of(uid);
    const std::size_t index = indices_[position];
    for (const std::string_view name : dictionary_.names()) {
        const auto split = split_snapshot_key(name);
        const bool mark = split && split->first == index &&
                          starts_with_ignoring_case(split->second, kAwaitedPrefix);
        if (mark) dictionary_.remove(name);
    }
    for (std::size_t i = 0; i < clones.size(); ++i) {
        const std::string key = snapshot_key(index, kAwaitedPrefix) + std::to_string(i);
        dictionary_.set(key + std::string{kAwaitedClone}, clones[i].vmx);
        dictionary_.set(key + std::string{kAwaitedPlace}, clones[i].file_system);
    }
    snapshots_[position].awaited = clones;
}

const Snapshot* SnapshotTree::find(int uid) const {
    const auto found = positions_.find(uid);
    return found == positions_.end() ? nullptr : &snapshots_[found->second];
}

const Snapshot& SnapshotTree::require(int uid, const fs::path& vmx) const {
    if (const Snapshot* snapshot = find(uid)) return *snapshot;
    throw Error{VIX_E_SNAPSHOT_NOTFOUND,
                vmx.string() + " has no snapshot with the id " + std::to_string(uid)};
}

// Never returns a uid twice: files of an old Snapshot3 may still exist under that name.
int SnapshotTree::next_uid() const {
    int highest = static_cast<int>(parse_number(text("snapshot.lastUID")).value_or(0));
    for (const Snapshot& snapshot : snapshots_) highest = std::max(highest, snapshot.uid);
    if (highest == kLargestUid || snapshots_.size() >= kMaxSnapshots) {
        throw Error{VIX_E_SNAPSHOT_MAXSNAPSHOTS,
                    "no snapshot can be added: there are " + std::to_string(snapshots_.size()) +
                        " of at most " + std::to_string(kMaxSnapshots) +
                        ", and the highest id is " + std::to_string(highest) + " of at most " +
                        std::to_string(kLargestUid)};
    }
    return highest + 1;
}

std::vector<int> SnapshotTree::children(int uid) const {
    std::vector<int> found;
    for (const Snapshot& snapshot : snapshots_) {
        if (snapshot.parent == uid) found.push_back(snapshot.uid);
    }
    return found;
}

// Visits parents first and their last child before the others, and reverses that.
std::vector<int> SnapshotTree::subtree(int uid) const {
    std::unordered_map<int, std::vector<int>> children;
    for (const Snapshot& snapshot : snapshots_) children[snapshot.parent].push_back(snapshot.uid);
    std::vector<int> found;
    for (std::vector<int> next{uid}; !next.empty();) {
        const int parent = next.back();
        next.pop_back();
        found.push_back(parent);
        const std::vector<int>& below = children[parent];
        next.insert(next.end(), below.begin(), below.end());
    }
    std::reverse(found.begin(), found.end());
    return found;
}

void SnapshotTree::add(const Snapshot& snapshot) {
    dictionary_.declare_encoding();
    const std::size_t index = snapshots_.size();
    close_gaps();
    remove_keys({index});  // leftover lines without a uid would become part of the new snapshot
    remove_lost_parents();
    dictionary_.set("snapshot.lastUID", std::to_string(snapshot.uid));
    dictionary_.set("snapshot.current", std::to_string(snapshot.uid));
    write_snapshot(index, snapshot);
    positions_.emplace(snapshot.uid, snapshots_.size());
    snapshots_.push_back(snapshot);
    indices_.push_back(index);
    current_ = snapshot.uid;
    write_count();
    write_most_recent(snapshot.uid);
}

// If a new snapshot got the uid of a lost parent, it would become the parent of these snapshots.
void SnapshotTree::remove_lost_parents() {
    for (std::size_t i = 0; i < snapshots_.size(); ++i) {
        if (snapshots_[i].parent == kNoSnapshot)
            dictionary_.remove(snapshot_key(indices_[i], "parent"));
    }
}

// Keys are in the order that Workstation writes.
void SnapshotTree::write_snapshot(std::size_t index, const Snapshot& snapshot) {
    const auto set = [&](const std::string& name, const std::string& value) {
        dictionary_.set(snapshot_key(index, name), value);
    };
    set("uid", std::to_string(snapshot.uid));
    set("filename", snapshot.state_file.name);
    if (snapshot.parent != kNoSnapshot) set("parent", std::to_string(snapshot.parent));
    set("displayName", snapshot.display_name);
    if (!snapshot.description.empty()) set("description", snapshot.description);
    if (snapshot.with_memory) set("type", "1");
    const auto low = static_cast<std::int32_t>(static_cast<std::uint32_t>(snapshot.created_us));
    set("createTimeHigh", std::to_string(snapshot.created_us >> 32));
    set("createTimeLow", std::to_string(low));
    set("numDisks", std::to_string(snapshot.disks.size()));
    for (std::size_t i = 0; i < snapshot.disks.size(); ++i) {
        set("disk" + std::to_string(i) + ".fileName", snapshot.disks[i].file.name);
        set("disk" + std::to_string(i) + ".node", snapshot.disks[i].node);
    }
}

void SnapshotTree::set_current(int uid) {
    current_ = uid;
    if (uid == kNoSnapshot) {
        dictionary_.remove("snapshot.current");
    } else {
        dictionary_.set("snapshot.current", std::to_string(uid));
    }
}

// All at once, because each pass over the text takes time for every snapshot that stays.
void SnapshotTree::remove(const std::vector<int>& uids) {
    const std::set<int> going{uids.begin(), uids.end()};
    std::map<int, int> heirs;
    for (const int uid : going) heirs[uid] = find(uid)->parent;
    // The nearest one that stays; the way there is shortened for the next question.
    const auto heir_of = [&](int uid) {
        std::vector<int> way;
        for (auto at = heirs.find(uid); at != heirs.end(); at = heirs.find(uid)) {
            way.push_back(uid);
            uid = at->second;
        }
        for (const int passed : way) heirs[passed] = uid;
        return uid;
    };
    for (std::size_t i = 0; i < snapshots_.size(); ++i) {
        if (going.contains(snapshots_[i].uid) || !going.contains(snapshots_[i].parent)) continue;
        const int parent = heir_of(snapshots_[i].parent);
        snapshots_[i].parent = parent;
        if (parent == kNoSnapshot) {
            dictionary_.remove(snapshot_key(indices_[i], "parent"));
        } else {
            dictionary_.set(snapshot_key(indices_[i], "parent"), std::to_string(parent));
        }
    }
    if (going.contains(current_)) set_current(heir_of(current_));
    take_out(going);
    close_gaps();
    write_count();
}

void SnapshotTree::take_out(const std::set<int>& uids) {
    std::set<std::size_t> indices;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < snapshots_.size(); ++i) {
        if (uids.contains(snapshots_[i].uid)) {
            indices.insert(indices_[i]);
            continue;
        }
        if (kept != i) snapshots_[kept] = std::move(snapshots_[i]);
        indices_[kept++] = indices_[i];
    }
    remove_keys(indices);
    snapshots_.resize(kept);
    indices_.resize(kept);
    positions_.clear();
    for (std::size_t i = 0; i < kept; ++i) positions_.emplace(snapshots_[i].uid, i);
}

// VMware's files have no gaps in their numbers. One pass renumbers all: removing the first of a
// thousand snapshots gives each other one a new number.
void SnapshotTree::close_gaps() {
    std::map<std::size_t, std::size_t> target;
    std::set<std::size_t> in_the_way;
    for (std::size_t i = 0; i < indices_.size(); ++i) {
        if (indices_[i] == i) continue;
        in_the_way.insert(i);
        target[indices_[i]] = i;
        indices_[i] = i;
    }
    if (target.empty()) return;
    std::map<std::size_t, std::vector<std::pair<std::string, std::string>>> moved;
    // In bytes: a value that cannot be decoded moves unchanged.
    for (const auto& [name, value] : dictionary_.entries_in_bytes()) {
        const auto split = split_snapshot_key(name);
        if (!split) continue;
        const auto found = target.find(split->first);
        if (found != target.end()) {
            moved[found->second].emplace_back(
                snapshot_key(found->second, std::string{split->second}), value);
        }
        if (found != target.end() || in_the_way.contains(split->first)) dictionary_.remove(name);
    }
    for (const auto& [index, entries] : moved) {
        for (const auto& [name, value] : entries) dictionary_.set_bytes(name, value);
    }
}

void SnapshotTree::remove_keys(const std::set<std::size_t>& indices) {
    for (const std::string_view name : dictionary_.names()) {
        const auto split = split_snapshot_key(name);
        if (split && indices.contains(split->first)) dictionary_.remove(name);
    }
}

// Without snapshots the count is removed; lastUID and the recently used entries stay.
void SnapshotTree::write_count() {
    if (snapshots_.empty()) {
        dictionary_.remove("snapshot.numSnapshots");
    } else {
        dictionary_.set("snapshot.numSnapshots", std::to_string(snapshots_.size()));
    }
}

// In bytes: an entry that cannot be decoded moves unchanged.
void SnapshotTree::write_most_recent(int uid) {
    std::vector<std::string> recent{std::to_string(uid)};
    const auto name = [](std::size_t i) { return "snapshot.mru" + std::to_string(i) + ".uid"; };
    for (std::size_t i = 0; i < kMostRecent; ++i) {
        const std::string before = dictionary_.find_bytes(name(i)).value_or("");
        if (before.empty()) break;
        if (before != recent.front()) recent.push_back(before);
    }
    for (std::size_t i = 0; i < recent.size(); ++i) dictionary_.set_bytes(name(i), recent[i]);
}

// Compares the names only if one has the same hash: there may be ten thousand.
bool SnapshotTree::is_recorded(const Snapshot& snapshot, const std::string& vmx) {
    const std::hash<std::string> hash;
    if (clone_hashes_.empty()) {
        for (const Snapshot& any : snapshots_) {
            for (const std::string& clone : any.clones) clone_hashes_.insert(hash(clone));
        }
    }
    if (clone_hashes_.insert(hash(vmx)).second) return false;
    return std::find(snapshot.clones.begin(), snapshot.clones.end(), vmx) != snapshot.clones.end();
}

void SnapshotTree::add_clone(int uid, const std::string& vmx) {
    const std::size_t position = position_of(uid);
    Snapshot& snapshot = snapshots_[position];
    if (is_recorded(snapshot, vmx)) return;
    const auto name = [&](std::size_t number) {
        return snapshot_key(indices_[position], "clone" + std::to_string(number));
    };
    std::size_t number = snapshot.clones.size();
    while (dictionary_.find(name(number))) ++number;
    snapshot.clones.push_back(vmx);
    dictionary_.set(name(number), vmx);
    dictionary_.set(snapshot_key(indices_[position], "numClones"),
                    std::to_string(snapshot.clones.size()));
}

bool SnapshotTree::remove_clone(const std::string& vmx) {
    for (std::size_t i = 0; i < snapshots_.size(); ++i) {
        auto& clones = snapshots_[i].clones;
        const auto found = std::find(clones.begin(), clones.end(), vmx);
        if (found == clones.end()) continue;
        const auto place = static_cast<std::size_t>(found - clones.begin());
        const bool twice = std::find(found + 1, clones.end(), vmx) != clones.end();
        if (twice || !put_last_clone_at(place, indices_[i], clones)) {
            std::erase(clones, vmx);
            remove_clone_keys(indices_[i], vmx);
        }
        return true;
    }
    return false;
}

// Changes two lines and the count instead of all lines behind the clone's. Returns false, and
// changes nothing, if the numbers of these records are not their places.
bool SnapshotTree::put_last_clone_at(std::size_t place, std::size_t index,
                                     std::vector<std::string>& clones) {
    const auto name = [&](std::size_t number) {
        return snapshot_key(index, "clone" + std::to_string(number));
    };
    const std::size_t last = clones.size() - 1;
    if (dictionary_.find(name(place)) != clones[place]) return false;
    if (dictionary_.find(name(last)) != clones[last]) return false;
    if (place != last) dictionary_.set_bytes(name(place), *dictionary_.find_bytes(name(last)));
    dictionary_.remove(name(last));
    write_clone_count(index, last);
    clones[place] = clones[last];
    clones.pop_back();
    return true;
}

// Removes the keys of the clone and closes the gap in the numbers of the others. In bytes: a path
// that cannot be decoded moves unchanged.
void SnapshotTree::remove_clone_keys(std::size_t index, const std::string& vmx) {
    std::map<std::uint64_t, std::string> others;
    for (const std::string_view name : dictionary_.names()) {
        const auto split = split_snapshot_key(name);
        if (!split || split->first != index) continue;
        const auto number = number_behind("clone", split->second);
        if (!number) continue;
        const std::string bytes = dictionary_.find_bytes(name).value_or("");
        if (!bytes.empty() && dictionary_.decode(bytes) != vmx) others[*number] = bytes;
        dictionary_.remove(name);
    }
    std::size_t count = 0;
    for (const auto& [number, bytes] : others) {
        dictionary_.set_bytes(snapshot_key(index, "clone" + std::to_string(count++)), bytes);
    }
    write_clone_count(index, count);
}

void SnapshotTree::write_clone_count(std::size_t index, std::size_t count) {
    if (count == 0) {
        dictionary_.remove(snapshot_key(index, "numClones"));
    } else {
        dictionary_.set(snapshot_key(index, "numClones"), std::to_string(count));
    }
}

void SnapshotTree::set_clone_of(const std::string& parent_vmx,
                                const std::vector<std::string>& own_disks) {
    dictionary_.declare_encoding();
    dictionary_.set("cloneOf0", parent_vmx);
    dictionary_.set("numCloneOf", "1");
    clone_of_ = {parent_vmx};
    set_sentinels(own_disks);
}

void SnapshotTree::set_sentinels(const std::vector<std::string>& own_disks) {
    for (const std::string_view name : dictionary_.names()) {
        const auto number = number_behind("sentinel", name);
        if (number && *number >= own_disks.size()) dictionary_.remove(name);
    }
    for (std::size_t i = 0; i < own_disks.size(); ++i) {
        dictionary_.set("sentinel" + std::to_string(i), own_disks[i]);
    }
    dictionary_.set("numSentinels", std::to_string(own_disks.size()));
    sentinels_ = own_disks;
}

}  // namespace vix::vm
