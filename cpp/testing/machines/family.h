// Machines with snapshots and linked clones: reads their disks, writes as a guest would, and checks
// that all chains are sound. The writes do not use the code under test.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "testing/process/temp_folder.h"

namespace vix::testing {

using DiskContents = std::map<std::string, std::string>;  // node -> every byte of the disk

// The content of the machine's current disks, or of a snapshot's, read through each disk's whole
// chain.
DiskContents present_contents(const fs::path& vmx);
DiskContents snapshot_contents(const fs::path& vmx, int uid);

std::string disk_content_at(const fs::path& disk);

// The file name of a current disk: "disk-000001.vmdk".
std::string present_disk(const fs::path& vmx, const std::string& node);

inline constexpr std::uint64_t kGrain = 128;  // sectors

// Writes one grain of content(fill, sector, kGrain) at `sector`, which must be the start of a
// grain. Gives the disk a new content id, as if a guest had run.
void guest_writes(const fs::path& vmx, const std::string& node, std::uint64_t sector, char fill);

// Makes the same change to the expected contents.
void put_grain(DiskContents& contents, const std::string& node, std::uint64_t sector, char fill);

// All faults of the machines below `root`, as text; empty if there are none. Checks that every
// .vmsd is readable, every chain of a current or frozen disk opens, every embedded descriptor names
// its own extent, and no snapshot and no other disk depends on a current disk.
std::string broken_ties(const fs::path& root);

// The machine's files without lock members, because killed processes leave theirs behind.
std::map<std::string, std::string> tree_without_locks(const fs::path& folder);

}  // namespace vix::testing
