// Other virtual machines whose .vmx lies in a folder: what they stand on is not to be changed or
// deleted for the sake of the one at hand.
#pragma once

#include <boost/filesystem/path.hpp>
#include <set>
#include <vector>

#include "io/file.h"
#include "vm/config.h"
#include "vm/settings.h"
#include "vm/snapshot_tree.h"

namespace vix::ops {

// Those that can be read; `vmx` is not among them.
std::vector<vm::Config> neighbours(const boost::filesystem::path& folder,
                                   const boost::filesystem::path& vmx);

// A list that cannot be read is none.
vm::SnapshotTree snapshots_of(const vm::Config& machine);

// The disk files that they and their snapshots stand on, as far as their chains can be followed.
std::set<io::FileIdentity> disks_of_neighbours(const boost::filesystem::path& folder,
                                               const boost::filesystem::path& vmx,
                                               const vm::Settings& settings);

}  // namespace vix::ops
