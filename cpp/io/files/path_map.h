// The drive map: translates a Windows path to a path on this host. `C:\VMs\a.vmx` is looked up
// below the folder that drive C is mapped to, ignoring case, as Windows does. Names that do not
// exist yet keep the given spelling. Other paths are returned unchanged.
//
// It also translates `[standard] web/web.vmx`, as VMware's servers name files, in the same way:
// below the folder that stands for the datastore.
#pragma once

#include <boost/filesystem/path.hpp>
#include <map>
#include <string>
#include <string_view>

namespace vix::io {

// True for "C:\x", "c:/x", "\\server\share\x": a drive letter with a colon, or two leading
// backslashes.
bool is_windows_path(std::string_view path);

// True for "[name] x", a path in a datastore of a server.
bool is_datastore_path(std::string_view path);

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

    // `folder` stands for the datastore "standard", in any case. It is absolute.
    void map_standard_datastore(boost::filesystem::path folder);

    // Returns the path on this host. Throws VIX_E_FILE_NAME_INVALID for a drive without a mapped
    // folder (the detail names the setting), for a UNC path, and for a path relative to a drive
    // ("C:x"); VIX_E_FILE_NOT_FOUND if the mapped folder does not exist.
    boost::filesystem::path resolve(std::string_view path) const;

    // The same, with the same errors, for a path in a datastore.
    boost::filesystem::path resolve_in_datastore(std::string_view path) const;

    // "[standard] web/web.vmx" for a path of this host below the datastore's folder, else the path.
    std::string in_datastore(const std::string& path) const;

  private:
    std::map<char, boost::filesystem::path> drives_;
    boost::filesystem::path standard_datastore_;  // empty: none
};

}  // namespace vix::io
