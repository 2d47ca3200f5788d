// Machines with snapshots and linked clones: what their disks hold, what a guest would write there,
// and whether the ties between all of them are sound. Guests write by themselves, not through the
// code under test.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "testing/temp_folder.h"

namespace vix::testing {

using DiskContents = std::map<std::string, std::string>;  // node -> every byte of the disk

// Read through the whole chain of each disk that the machine has now, or had then.
DiskContents present_contents(const fs::path& vmx);
DiskContents snapshot_contents(const fs::path& vmx, int uid);

std::string disk_content_at(const fs::path& disk);

// Where a present disk is: "disk-000001.vmdk".
std::string present_disk(const fs::path& vmx, const std::string& node);

inline constexpr std::uint64_t kGrain = 128;  // sectors

// One grain of content(fill, sector, kGrain) at `sector`, where a grain begins. As when a guest has
// run, the disk has another content id after that.
void guest_writes(const fs::path& vmx, const std::string& node, std::uint64_t sector, char fill);

// What a disk holds after that.
void put_grain(DiskContents& contents, const std::string& node, std::uint64_t sector, char fill);

// Everything that is wrong with the machines below `root`, in words; empty when all is sound: every
// .vmsd is read, every chain of a present or frozen disk opens, every descriptor in an extent names
// that extent, and no present disk is one that a snapshot or another disk depends on.
std::string broken_ties(const fs::path& root);

// The files of a machine without the locks of processes that died.
std::map<std::string, std::string> tree_without_locks(const fs::path& folder);

}  // namespace vix::testing
