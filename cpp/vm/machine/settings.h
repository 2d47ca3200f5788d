// The user's settings as values. host/settings_file reads them; everything else gets them as an
// argument.
#pragma once

#include <boost/filesystem/path.hpp>
#include <vector>

#include "io/files/file.h"
#include "io/files/path_map.h"

namespace vix::vm {

using io::Durability;

// How a linked clone and its parent name each other.
enum class ClonePaths { Absolute, Relative };

struct Settings {
    io::PathMap path_map;                                 // drive.X
    std::vector<boost::filesystem::path> extent_folders;  // disk.folders
    ClonePaths clone_paths = ClonePaths::Absolute;        // clone.links
    bool reuse_snapshot = false;                          // clone.reuseSnapshot
    bool plain_memory = false;                            // snapshot.plainMemory
    bool protect_parents = false;                         // delete.protectParents
    bool remove_later = false;                            // snapshot.removeLater
    Durability durability = Durability::Synced;           // clone.sync
    boost::filesystem::path inventory_file;               // inventory.file; empty: none
};

}  // namespace vix::vm
