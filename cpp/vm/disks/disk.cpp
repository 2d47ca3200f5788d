#include "vm/disks/disk.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "format/vmdk/extent.h"
#include "format/vmdk/qemu_descriptor.h"
#include "io/files/replacement.h"
#include "vm/machine/moved.h"

namespace fs = boost::filesystem;

namespace vix::vm {
namespace {

using format::vmdk::Descriptor;
using format::vmdk::ExtentLine;
using format::vmdk::ExtentType;

// 64 TiB. VMware's largest disk has 62 TiB.
constexpr std::uint64_t kMaxCapacity = std::uint64_t{1} << 37;

constexpr std::string_view kKnownTypes[] = {"monolithicSparse",
                                            "monolithicFlat",
                                            "twoGbMaxExtentSparse",
                                            "twoGbMaxExtentFlat",
                                            "2GbMaxExtentSparse",
                                            "2GbMaxExtentFlat",
                                            "streamOptimized",
                                            "custom",
                                            "vmfs",
                                            "vmfsSparse",
                                            "vmfsThin",
                                            "vmfsPreallocated",
                                            "vmfsEagerZeroedThick",
                                            "vmfsThick",
                                            "seSparse",
                                            "vmfsSeSparse"};

constexpr std::string_view kDeviceTypes[] = {
    "fullDevice",       "partitionedDevice",           "vmfsRDM", "vmfsRDMP",
    "vmfsRawDeviceMap", "vmfsPassthroughRawDeviceMap", "vmfsRaw"};

template <std::size_t count>
bool is_one_of(const std::string& type, const std::string_view (&known)[count]) {
    return std::any_of(std::begin(known), std::end(known),
                       [&](std::string_view name) { return equal_ignoring_case(name, type); });
}

void check_type(const DiskLink& link) {
    const Descriptor& descriptor = link.descriptor;
    const bool device_extent =
        std::any_of(descriptor.extents.begin(), descriptor.extents.end(), [](const auto& extent) {
            return extent.type == ExtentType::VmfsRdm || extent.type == ExtentType::VmfsRaw;
        });
    if (device_extent || is_one_of(descriptor.create_type, kDeviceTypes)) {
        throw Error{VIX_E_DISK_UNSUPPORTEDDEVICE,
                    link.path.string() + " refers to a physical disk (" + descriptor.create_type +
                        "). Devices are never opened; use a virtual disk instead"};
    }
    if (!is_one_of(descriptor.create_type, kKnownTypes)) {
        throw Error{VIX_E_DISK_NOTSUPPORTED,
                    link.path.string() + ": disks of its createType are not supported"};
    }
    if (descriptor.encrypted) {
        throw Error{VIX_E_DISK_NEEDKEY,
                    link.path.string() + " is encrypted, and encrypted disks are not supported"};
    }
}

std::string read_descriptor_text(const io::File& file, bool& embedded) {
    std::string text = format::vmdk::read_embedded_descriptor(file);
    embedded = !text.empty();
    if (embedded) return text;
    // Check the start before reading all of it: a file that is no descriptor can have any size.
    const std::uint64_t size = file.size();
    std::string start(std::min<std::uint64_t>(size, 4096), '\0');
    file.read_at(0, std::as_writable_bytes(std::span{start}));
    if (size > format::vmdk::kDescriptorLimit || !format::vmdk::looks_like_descriptor(start)) {
        throw Error{VIX_E_DISK_INVALIDDISK, file.path().string() + " is not a virtual disk"};
    }
    return io::read_text(file, format::vmdk::kDescriptorLimit);
}

DiskLink open_link(const fs::path& path) {
    DiskLink link = read_link(path);
    if (link.embedded && link.descriptor.extents.size() != 1) {
        throw Error{VIX_E_DISK_INVALIDDISK, path.string() + ": its embedded descriptor has " +
                                                std::to_string(link.descriptor.extents.size()) +
                                                " extents, but must have exactly one"};
    }
    check_type(link);
    return link;
}

std::string hex(std::uint32_t cid) {
    char text[9];
    std::snprintf(text, sizeof text, "%08x", cid);
    return text;
}

// A parent that is no disk or cannot be read breaks the chain. A parent of a kind that must be
// refused keeps its own error.
DiskLink open_parent_link(const fs::path& path, const DiskLink& child) {
    try {
        return open_link(path);
    } catch (const Error& error) {
        const bool refused = error.code() == VIX_E_DISK_UNSUPPORTEDDEVICE ||
                             error.code() == VIX_E_DISK_NOTSUPPORTED ||
                             error.code() == VIX_E_DISK_NEEDKEY;
        if (refused || is_exhaustion(error.code())) throw;
        throw Error{VIX_E_DISK_OPENPARENT, "the parent of " + child.path.string() +
                                               " cannot be opened: " + error.detail()};
    }
}

// Opens the parent at `path`. Throws unless the child was made from it.
DiskLink open_true_parent(const fs::path& path, const DiskLink& child) {
    DiskLink parent = open_parent_link(path, child);
    if (parent.descriptor.cid == child.descriptor.parent_cid) return parent;
    const std::string found =
        parent.descriptor.cid ? hex(*parent.descriptor.cid) : std::string{"none"};
    throw Error{VIX_E_DISK_CID_MISMATCH,
                parent.path.string() + " has the content id " + found + ", but its child " +
                    child.path.string() + " was made from " + hex(child.descriptor.parent_cid) +
                    ": it is another disk or has changed since. Restore the original parent"};
}

bool fits(const DiskLink& parent, const DiskLink& child) {
    return parent.descriptor.cid == child.descriptor.parent_cid &&
           parent.descriptor.capacity_sectors() == child.descriptor.capacity_sectors() &&
           parent.identity != child.identity;
}

// Searches for the parent where it is if it moved together with its child. Any disk may be at these
// paths, so only a matching content id makes it the parent.
std::optional<DiskLink> open_moved_parent(const DiskLink& child,
                                          const std::vector<fs::path>& search) {
    std::vector<std::string> former{child.descriptor.parent_hint};
    const std::string bare = bare_name(former.front());
    for (const fs::path& place : search) {
        if (place.is_relative() || fs::exists(place)) continue;
        former.push_back((place / bare).string());
    }
    for (const std::string& name : former) {
        for (const fs::path& place : moved_places(name, child.folder())) {
            try {
                DiskLink parent = open_link(place);
                if (fits(parent, child)) return parent;
            } catch (const Error&) {
                // Not a disk.
            }
        }
    }
    return std::nullopt;
}

Error parent_not_found(const DiskLink& child, const std::vector<fs::path>& search) {
    std::string places;
    std::set<fs::path> told;
    for (const fs::path& place : search) {
        if (told.insert(place).second) places += "; " + place.string();
    }
    return Error{VIX_E_DISK_OPENPARENT, "the parent of " + child.path.string() + ", \"" +
                                            child.descriptor.parent_hint +
                                            "\", was not found; looked in" + places.substr(1)};
}

DiskLink open_parent(const DiskLink& child, std::vector<fs::path> search,
                     const Settings& settings) {
    const Descriptor& descriptor = child.descriptor;
    search.insert(search.begin(), child.folder());
    if (descriptor.parent_hint.empty()) throw parent_not_found(child, search);
    std::optional<Error> failure;
    try {
        const auto path = find_file({descriptor.parent_hint, descriptor.parent_hint_bytes},
                                    child.folder(), search, settings);
        if (path) return open_true_parent(*path, child);
    } catch (const Error& error) {
        failure = error;
    }
    if (auto moved = open_moved_parent(child, search)) return std::move(*moved);
    throw failure ? *failure : parent_not_found(child, search);
}

void check_extents(const DiskLink& link, const DiskLink* child, const Settings& settings) {
    if (link.embedded) return;
    for (const ExtentLine& line : link.descriptor.extents) {
        if (line.type == ExtentType::Zero) continue;
        if (find_file({line.name, line.name_bytes}, link.folder(), {}, settings)) continue;
        const std::string what = "the extent " + line.name + " of " + link.path.string();
        const std::string where = " was not found; looked in " + link.folder().string();
        if (child == nullptr) throw Error{VIX_E_FILE_NOT_FOUND, what + where};
        throw Error{VIX_E_DISK_OPENPARENT,
                    what + ", the parent of " + child->path.string() + "," + where};
    }
}

void check_chain(const std::vector<DiskLink>& chain, const DiskLink& next, std::size_t longest) {
    const bool loop = std::any_of(chain.begin(), chain.end(), [&](const DiskLink& link) {
        return link.identity == next.identity;
    });
    if (loop) {
        throw Error{
            VIX_E_DISK_INVALIDCHAIN,
            next.path.string() + " is its own ancestor: the chain of its parents is a loop"};
    }
    if (chain.size() >= longest) {
        throw Error{VIX_E_DISK_TOOMANYREDO, chain.front().path.string() + " depends on more than " +
                                                std::to_string(longest) +
                                                " parents, which is the limit"};
    }
    const std::uint64_t capacity = chain.front().descriptor.capacity_sectors();
    if (next.descriptor.capacity_sectors() != capacity) {
        throw Error{VIX_E_DISK_CAPACITY_MISMATCH,
                    next.path.string() + " has " +
                        std::to_string(next.descriptor.capacity_sectors()) + " sectors, but " +
                        chain.front().path.string() + ", which depends on it, has " +
                        std::to_string(capacity)};
    }
}

bool has_no_grains(const ExtentLine& extent) {
    return is_flat(extent) || extent.type == ExtentType::Zero;
}

bool has_ddb_flag(const Descriptor& descriptor, std::string_view name) {
    const auto value = descriptor.find_ddb(name);
    return value && (*value == "1" || equal_ignoring_case(*value, "true"));
}

// The extents decide the class. createType only separates split from monolithic if there is one
// extent. ESX's thin disks are flat files with holes; as hosted disks they become sparse.
DiskClass class_of(const Descriptor& base) {
    const bool flat = std::all_of(base.extents.begin(), base.extents.end(), has_no_grains) &&
                      !has_ddb_flag(base, "thinProvisioned") &&
                      !equal_ignoring_case(base.create_type, "vmfsThin");
    const std::string type = to_lower(base.create_type);
    const bool split = base.extents.size() > 1 || type.find("gbmaxextent") != std::string::npos;
    if (flat) return split ? DiskClass::SplitFlat : DiskClass::MonolithicFlat;
    return split ? DiskClass::SplitSparse : DiskClass::MonolithicSparse;
}

}  // namespace

DiskLink read_link(const fs::path& path) {
    const io::File file = io::File::open(path, io::Links::Refuse);
    DiskLink link;
    link.path = path;
    link.identity = file.identity();
    link.permissions = file.permissions();
    const std::string text = read_descriptor_text(file, link.embedded);
    link.descriptor = format::vmdk::parse_descriptor(text, path.string());
    return link;
}

std::vector<fs::path> files_of(const DiskLink& link, const Settings& settings) {
    std::vector<fs::path> files{link.path};
    if (link.embedded) return files;
    for (const ExtentLine& extent : link.descriptor.extents) {
        if (extent.name.empty()) continue;
        const auto path = find_file({extent.name, extent.name_bytes}, link.folder(), {}, settings);
        if (path) files.push_back(*path);
    }
    return files;
}

unsigned Disk::permissions() const {
    unsigned common = 0777;
    for (const DiskLink& link : chain) common &= link.permissions;
    return common;
}

std::vector<std::pair<std::string, std::string>> Disk::merged_ddb() const {
    std::vector<std::pair<std::string, std::string>> merged;
    std::set<std::string> known;
    for (const DiskLink& link : chain) {
        for (const auto& [name, value] : link.descriptor.ddb) {
            if (known.insert(to_lower(name)).second) merged.emplace_back(name, value);
        }
    }
    return merged;
}

void follow_chain(const fs::path& path, const std::vector<fs::path>& search,
                  const Settings& settings, std::vector<DiskLink>& chain, const ChainWalk& walk) {
    chain.push_back(open_link(path));
    while (chain.back().descriptor.has_parent()) {
        if (walk.is_known && walk.is_known(chain.back())) return;
        DiskLink parent = open_parent(chain.back(), search, settings);
        check_chain(chain, parent, walk.longest);
        chain.push_back(std::move(parent));
    }
}

std::string descriptor_text(const DiskLink& link) {
    bool embedded = false;
    return read_descriptor_text(io::File::open(link.path, io::Links::Refuse), embedded);
}

void stop_change_tracking(const DiskLink& link, const Settings& settings) {
    const std::string text = descriptor_text(link);
    if (!format::vmdk::tracks_changes(text)) return;
    const std::string changed = format::vmdk::without_change_tracking(text);
    if (!link.embedded) return io::replace_file(link.path, changed, settings.durability);
    io::File file = io::File::open_writable(link.path);
    const std::uint64_t sector = format::vmdk::read_header(file).descriptor_offset.value();
    file.write_at(sector * kSectorSize, io::as_bytes(changed));
    file.finish(settings.durability);
}

void require_extents(const std::vector<DiskLink>& chain, const Settings& settings) {
    for (std::size_t i = 0; i < chain.size(); ++i) {
        check_extents(chain[i], i == 0 ? nullptr : &chain[i - 1], settings);
    }
}

Disk open_disk(const fs::path& path, const std::vector<fs::path>& search,
               const Settings& settings) {
    Disk disk;
    follow_chain(path, search, settings, disk.chain);
    disk.capacity_sectors = disk.chain.front().descriptor.capacity_sectors();
    if (disk.capacity_sectors > kMaxCapacity) {
        throw Error{VIX_E_DISK_INVALIDDISK, path.string() + ": its capacity of " +
                                                std::to_string(disk.capacity_sectors) +
                                                " sectors is larger than the limit of " +
                                                std::to_string(kMaxCapacity) + " sectors (64 TiB)"};
    }
    disk.disk_class = class_of(disk.chain.back().descriptor);
    return disk;
}

Disk open_whole_disk(const fs::path& path, const std::vector<fs::path>& search,
                     const Settings& settings) {
    Disk disk = open_disk(path, search, settings);
    require_extents(disk.chain, settings);
    return disk;
}

}  // namespace vix::vm
