// A virtual disk with all it stands on: the chain from the descriptor that a .vmx names up to the
// base, checked link by link.
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "format/vmdk/descriptor.h"
#include "io/file.h"
#include "vm/disk_files.h"
#include "vm/settings.h"

namespace vix::vm {

// VMware's own limit on snapshots is far below; this keeps a hostile chain's cost bounded.
inline constexpr std::size_t kMaxChain = 256;
// What others made longer than that can be made shorter again, up to here.
inline constexpr std::size_t kMaxChainToShorten = 4096;

// How a hosted disk is laid out.
enum class DiskClass { MonolithicSparse, SplitSparse, MonolithicFlat, SplitFlat };

// One descriptor, by itself or embedded in the only extent.
struct DiskLink {
    boost::filesystem::path path;
    io::FileIdentity identity;
    format::vmdk::Descriptor descriptor;
    bool embedded = false;

    boost::filesystem::path folder() const { return path.parent_path(); }
};

struct Disk {
    std::vector<DiskLink> chain;  // the disk itself first, the base last
    std::uint64_t capacity_sectors = 0;
    DiskClass disk_class = DiskClass::MonolithicSparse;  // its base's, which a clone takes

    // A value of the disk data base: a child's overrides its parent's.
    std::vector<std::pair<std::string, std::string>> merged_ddb() const;
};

// Opens the disk at `path` and follows its parents; `search` are further folders to look for them.
// A parent that is at none of the places named is looked for where it is if it was moved together
// with its child, and known by its content id. Errors: VIX_E_DISK_INVALIDDISK (no VMDK),
// VIX_E_DISK_UNSUPPORTEDDEVICE (a physical disk), VIX_E_DISK_NOTSUPPORTED (unknown type),
// VIX_E_DISK_NEEDKEY (encrypted), VIX_E_DISK_OPENPARENT (the parent is missing; where it was looked
// for), VIX_E_DISK_CID_MISMATCH, VIX_E_DISK_CAPACITY_MISMATCH, VIX_E_DISK_INVALIDCHAIN (a loop),
// VIX_E_DISK_TOOMANYREDO (too long).
Disk open_disk(const boost::filesystem::path& path,
               const std::vector<boost::filesystem::path>& search, const Settings& settings);

// The same where something is to be built on the disk: that one of its extents, or its parents', is
// missing is known now and not when it is read. Also VIX_E_FILE_NOT_FOUND for an extent of the disk
// itself; one of a parent is VIX_E_DISK_OPENPARENT.
Disk open_whole_disk(const boost::filesystem::path& path,
                     const std::vector<boost::filesystem::path>& search, const Settings& settings);

struct ChainWalk {
    std::size_t longest = kMaxChain;
    // Asked of each link; the walk ends with the first one that is known.
    std::function<bool(const DiskLink&)> is_known = {};
};

// The chain alone. Where it breaks, throws as open_disk(); `chain` then holds what was reached.
void follow_chain(const boost::filesystem::path& path,
                  const std::vector<boost::filesystem::path>& search, const Settings& settings,
                  std::vector<DiskLink>& chain, const ChainWalk& walk = {});

// The descriptor at `path` alone, whatever kind of disk it describes. Errors:
// VIX_E_DISK_INVALIDDISK (no VMDK), and those of reading a file.
DiskLink read_link(const boost::filesystem::path& path);

// The files of one link: its descriptor and its extents, as far as they are there.
std::vector<boost::filesystem::path> files_of(const DiskLink& link, const Settings& settings);

// The descriptor's text, as in the file.
std::string descriptor_text(const DiskLink& link);

// Whoever is about to write to the disk and keeps no track of changed areas says so first: its
// descriptor names no file of them any more, so no incremental backup believes that file. The file
// itself stays. The headers of its extents are changed by format::vmdk::stop_change_tracking().
void stop_change_tracking(const DiskLink& link, const Settings& settings);

// Throws as open_whole_disk() where an extent of these links is missing.
void require_extents(const std::vector<DiskLink>& chain, const Settings& settings);

}  // namespace vix::vm
