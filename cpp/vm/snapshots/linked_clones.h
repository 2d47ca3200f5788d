// The relation between a machine and its linked clones, as the .vmsd files of both record it. Reads
// only. A clone whose state is unknown counts as alive, so that nobody deletes its parent disks.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

#include "vm/machine/machine.h"

namespace vix::vm {

// Returns the path of a .vmx that another machine's .vmsd names: absolute, POSIX or Windows, or
// relative to that machine's folder. Returns the recorded path if no such file exists.
boost::filesystem::path recorded_path(const std::string& recorded,
                                      const boost::filesystem::path& folder,
                                      const Settings& settings);

struct LiveClone {
    boost::filesystem::path vmx;
    std::string doubt;  // if it only counts as alive: why its state is unknown; else empty

    // Returns "the linked clone PATH", with the doubt if there is one.
    std::string to_text() const;
};

// Returns those clones recorded at the machine's snapshot that exist and refer back to this
// machine, also if both moved together since then. Every product leaves records of moved and
// deleted clones behind; such records mean nothing.
std::vector<LiveClone> live_clones(const Machine& machine, const Snapshot& snapshot);

// Follows the disk chains of a linked clone, and throws as open_disk() if its parent is missing or
// was changed. Missing files of its own are no error, as for any other machine: the call that needs
// them reports them, and a partly deleted clone can still be deleted. Does nothing for other
// machines.
void check_linked_disks(const Machine& machine);

}  // namespace vix::vm
