// Other virtual machines whose .vmx lies in a folder: what they stand on is not to be changed or
// deleted for the sake of the one at hand.
#pragma once

#include <boost/filesystem/path.hpp>
#include <set>
#include <vector>

#include "base/error.h"
#include "io/file.h"
#include "vm/config.h"
#include "vm/disk.h"
#include "vm/settings.h"
#include "vm/snapshot_tree.h"

namespace vix::ops {

// `vmx` is not among them. Throws where one cannot be looked at, as do the others below: what it
// stands on may be any disk. One that is gone or broken refers to nothing.
std::vector<vm::Config> neighbours(const boost::filesystem::path& folder,
                                   const boost::filesystem::path& vmx);

// Error VIX_E_SNAPSHOT_CONFIG: a list that cannot be understood may tell of any file.
vm::SnapshotTree snapshots_of(const vm::Config& machine);

// Of a chain that ends with `error`: what comes next is not gone, only it could not be looked at.
bool may_stand_on_more(const Error& error, const std::vector<vm::DiskLink>& chain,
                       const vm::Config& machine, const vm::Settings& settings);

// The disk files that they and their snapshots stand on, down to where a chain's parent is gone.
std::set<io::FileIdentity> disks_of_neighbours(const boost::filesystem::path& folder,
                                               const boost::filesystem::path& vmx,
                                               const vm::Settings& settings);

}  // namespace vix::ops
