// Finds the files that a machine's files name, and decides which of them may be read. A .vmx may
// name disks in any folder, as VMware allows, and so may a child its parent. But a disk is only
// read as a VMDK. Its extents, which may be raw, must be regular files in the disk's own folder, in
// a subfolder of it, or in a folder that the setting disk.folders lists.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <vector>

#include "io/files/file.h"
#include "vm/machine/settings.h"

namespace vix::vm {

// A file name as a file of the machine gives it.
struct NamedFile {
    std::string name;   // UTF-8
    std::string bytes;  // as in the file; the host's file may have this name
};

// Returns the name without its folders, POSIX or Windows.
std::string bare_name(const std::string& name);

// Returns the file that `named` means in `folder`: by its path, POSIX or Windows, absolute or
// relative; else by its bare name in each folder of `search`. A name may differ in case or in
// Unicode composition. Returns nothing if no such file exists. Throws:
// - VIX_E_FILE_NAME_INVALID: a Windows path on a drive that is not mapped, found nowhere else.
// - VIX_E_FILE_ERROR: the name matches two files.
std::optional<boost::filesystem::path> find_file(const NamedFile& named,
                                                 const boost::filesystem::path& folder,
                                                 const std::vector<boost::filesystem::path>& search,
                                                 const Settings& settings);

// Opens an extent of the disk whose descriptor is in `folder`. Throws VIX_E_FILE_NOT_FOUND, or
// VIX_E_FILE_ACCESS_ERROR if it is not a regular file or is in a folder where extents are not
// allowed.
io::File open_extent_file(const NamedFile& named, const boost::filesystem::path& folder,
                          const Settings& settings);

}  // namespace vix::vm
