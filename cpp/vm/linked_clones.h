// The ties between a machine and its linked clones, as both sides' .vmsd tell them.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

#include "vm/settings.h"
#include "vm/snapshot_tree.h"

namespace vix::vm {

// Where a .vmx is that the .vmsd of another machine names: absolute, POSIX or Windows, or relative
// to that machine's folder. As it is named, where it cannot be found.
boost::filesystem::path recorded_path(const std::string& recorded,
                                      const boost::filesystem::path& folder,
                                      const Settings& settings);

struct LiveClone {
    boost::filesystem::path vmx;
    std::string doubt;  // why that is unknown, if it only counts as alive; else empty

    // "the linked clone PATH", with the doubt.
    std::string to_text() const;
};

// Of the clones recorded at the snapshot those that are there and refer back to this machine, also
// where both were moved together since the record was written.
// Records of clones that were moved or deleted stay behind with every product and mean nothing.
std::vector<LiveClone> live_clones(const boost::filesystem::path& vmx, const Snapshot& snapshot,
                                   const Settings& settings);

// For a linked clone: follows the chains of its disks, and throws as open_disk() where its parent
// is missing or was changed. Files of its own may be missing, as with any other machine: who
// needs them reports it, and a clone that was deleted in part can be deleted. Nothing for other
// machines.
void check_linked_disks(const boost::filesystem::path& vmx, const Settings& settings);

}  // namespace vix::vm
