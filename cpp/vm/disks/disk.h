// Reads a virtual disk with its chain: from the descriptor that a .vmx names down to the base disk.
// Each link is checked when it is read. A Disk is a value; it keeps no file open.
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "format/vmdk/descriptor.h"
#include "io/files/file.h"
#include "vm/disks/disk_files.h"
#include "vm/machine/settings.h"

namespace vix::vm {

// VMware's limit on snapshots is far lower. This one bounds the cost of a hostile chain.
inline constexpr std::size_t kMaxChain = 256;
// Longer chains that other products made can still be shortened, up to this length.
inline constexpr std::size_t kMaxChainToShorten = 4096;

// The layout of a hosted disk.
enum class DiskClass { MonolithicSparse, SplitSparse, MonolithicFlat, SplitFlat };

// One descriptor, in a file of its own or embedded in the only extent.
struct DiskLink {
    boost::filesystem::path path;
    io::FileIdentity identity;
    // As in chmod. VMware's products make a new disk readable for its owner alone.
    unsigned permissions = 0600;
    format::vmdk::Descriptor descriptor;
    bool embedded = false;

    boost::filesystem::path folder() const { return path.parent_path(); }
};

struct Disk {
    std::vector<DiskLink> chain;  // the disk itself first, the base disk last
    std::uint64_t capacity_sectors = 0;
    DiskClass disk_class = DiskClass::MonolithicSparse;  // the base disk's; a clone gets it

    // Those of the most private link: users who cannot read every link must not read a copy.
    unsigned permissions() const;

    // The values of the disk database. A child's value overrides its parent's.
    std::vector<std::pair<std::string, std::string>> merged_ddb() const;
};

// Opens the disk at `path` and its parents; `search` are further folders to search for parents. If
// a parent is at none of the named paths, open_disk() searches where it is if it moved together
// with its child, and recognizes it by its content id. Throws:
// - VIX_E_DISK_INVALIDDISK: not a VMDK.
// - VIX_E_DISK_UNSUPPORTEDDEVICE: a physical disk.
// - VIX_E_DISK_NOTSUPPORTED: an unknown type.
// - VIX_E_DISK_NEEDKEY: encrypted.
// - VIX_E_DISK_OPENPARENT: the parent is missing; the detail lists the folders searched.
// - VIX_E_DISK_CID_MISMATCH: the parent changed after the child was made.
// - VIX_E_DISK_CAPACITY_MISMATCH: the links differ in capacity.
// - VIX_E_DISK_INVALIDCHAIN: the chain is a loop.
// - VIX_E_DISK_TOOMANYREDO: the chain is too long.
Disk open_disk(const boost::filesystem::path& path,
               const std::vector<boost::filesystem::path>& search, const Settings& settings);

// The same for a disk that something will depend on: reports a missing extent now and not when it
// is read. Also throws VIX_E_FILE_NOT_FOUND for a missing extent of the disk itself, and
// VIX_E_DISK_OPENPARENT for one of a parent.
Disk open_whole_disk(const boost::filesystem::path& path,
                     const std::vector<boost::filesystem::path>& search, const Settings& settings);

struct ChainWalk {
    std::size_t longest = kMaxChain;
    // Called for each link; the walk ends at the first link for which it returns true.
    std::function<bool(const DiskLink&)> is_known = {};
};

// Follows the chain without the checks on the whole disk. Throws as open_disk() where the chain
// breaks; `chain` then holds the links up to there.
void follow_chain(const boost::filesystem::path& path,
                  const std::vector<boost::filesystem::path>& search, const Settings& settings,
                  std::vector<DiskLink>& chain, const ChainWalk& walk = {});

// Reads only the descriptor at `path`, for any kind of disk. Throws VIX_E_DISK_INVALIDDISK if the
// file is not a VMDK, and the errors of reading a file.
DiskLink read_link(const boost::filesystem::path& path);

// Returns the existing files of one link: its descriptor and its extents.
std::vector<boost::filesystem::path> files_of(const DiskLink& link, const Settings& settings);

// Returns the descriptor's text as it is in the file.
std::string descriptor_text(const DiskLink& link);

// Call this before you write to the disk without tracking the changed areas. It removes the
// descriptor's reference to the change tracking file, so that no incremental backup trusts that
// file. The file itself stays. format::vmdk::stop_change_tracking() does the same in the extents'
// headers.
void stop_change_tracking(const DiskLink& link, const Settings& settings);

// Throws as open_whole_disk() if an extent of these links is missing.
void require_extents(const std::vector<DiskLink>& chain, const Settings& settings);

}  // namespace vix::vm
