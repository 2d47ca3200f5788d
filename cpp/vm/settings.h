// What the user can set, as values. host/settings_file reads them; everything below takes them as
// an argument.
#pragma once

#include <boost/filesystem/path.hpp>
#include <vector>

#include "io/file.h"
#include "io/path_map.h"

namespace vix::vm {

using io::Durability;

struct Settings {
    io::PathMap path_map;                                 // drive.X
    std::vector<boost::filesystem::path> extent_folders;  // disk.folders
    Durability durability = Durability::Synced;           // clone.sync
};

}  // namespace vix::vm
