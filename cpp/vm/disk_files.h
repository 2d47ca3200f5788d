// Finds the files that a virtual machine's files name, and decides which may be read. A .vmx may
// name disks anywhere, as VMware allows, and a child its parent; but a disk is only ever read as a
// VMDK, and the extents of a disk, which may be raw, must be plain files in the disk's own folder,
// in one below it, or in a folder that the setting disk.folders lists.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <vector>

#include "io/file.h"
#include "vm/settings.h"

namespace vix::vm {

// A name as a file of the virtual machine gives it.
struct NamedFile {
    std::string name;   // UTF-8
    std::string bytes;  // as in the file; the host's file may be called so
};

// The name without any folders before it, POSIX or Windows.
std::string bare_name(const std::string& name);

// Where `named` is, seen from `folder`: by its path, POSIX or Windows, absolute or relative, or, if
// nothing is there, by its bare name in each of `search`; a name may differ in case or in how its
// letters are composed. Nothing: it is at none of these places.
// Errors: VIX_E_FILE_NAME_INVALID, a Windows path whose drive is not mapped, found nowhere else;
// VIX_E_FILE_ERROR, where the name could be that of two files.
std::optional<boost::filesystem::path> find_file(const NamedFile& named,
                                                 const boost::filesystem::path& folder,
                                                 const std::vector<boost::filesystem::path>& search,
                                                 const Settings& settings);

// Opens an extent of the disk whose descriptor lies in `folder`. Errors: VIX_E_FILE_NOT_FOUND;
// VIX_E_FILE_ACCESS_ERROR when it is not a plain file or not where extents may lie.
io::File open_extent_file(const NamedFile& named, const boost::filesystem::path& folder,
                          const Settings& settings);

}  // namespace vix::vm
