// The drive map: translates a Windows path to a path on this host. `C:\VMs\a.vmx` is looked up
// below the folder that drive C is mapped to, ignoring case, as Windows does. Names that do not
// exist yet keep the given spelling. Other paths are returned unchanged.
#pragma once

#include <boost/filesystem/path.hpp>
#include <map>
#include <string>
#include <string_view>

namespace vix::io {

// True for "C:\x", "c:/x", "\\server\share\x": a drive letter with a colon, or two leading
// backslashes.
bool is_windows_path(std::string_view path);

// Follows a relative Windows path name by name. Both separators are accepted; `.` and `..` are
// resolved as Windows does, never above `folder`. For each name it takes the first match of:
//   1. the exact spelling;
//   2. the same letters composed otherwise ("é" in one piece or two, as macOS writes names);
//   3. a name that differs only in case, the first in byte order;
//   4. the given spelling.
// Throws VIX_E_FILE_ERROR if two names match in step 2.
boost::filesystem::path follow_windows_names(const boost::filesystem::path& folder,
                                             std::string_view relative);

class PathMap {
  public:
    // `letter` is A-Z in either case, `folder` is absolute.
    void map_drive(char letter, boost::filesystem::path folder);

    // Returns the path on this host. Throws VIX_E_FILE_NAME_INVALID for a drive without a mapped
    // folder (the detail names the setting), for a UNC path, and for a path relative to a drive
    // ("C:x"); VIX_E_FILE_NOT_FOUND if the mapped folder does not exist.
    boost::filesystem::path resolve(std::string_view path) const;

  private:
    std::map<char, boost::filesystem::path> drives_;
};

}  // namespace vix::io
