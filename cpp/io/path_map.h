// The drive map: how a Windows path is found on this host. `C:\VMs\a.vmx` is looked up below the
// folder that drive C is mapped to, without regard to case, as Windows does; what does not exist
// yet keeps the spelling given. A path that is not a Windows path comes back as it is.
#pragma once

#include <boost/filesystem/path.hpp>
#include <map>
#include <string>
#include <string_view>

namespace vix::io {

// "C:\x", "c:/x", "\\server\share\x": anything with a drive letter or two leading backslashes.
bool is_windows_path(std::string_view path);

// Follows a relative Windows path (either separator, `.` and `..` as Windows resolves them, never
// above `folder`) name by name: the exact spelling where it exists, else one that has the same
// letters composed otherwise ("é" in one piece or two, as macOS writes names), else one that
// differs in case only (the first in byte order), else, from there on, the spelling given. Error
// VIX_E_FILE_ERROR: two names are composed of the same letters.
boost::filesystem::path follow_windows_names(const boost::filesystem::path& folder,
                                             std::string_view relative);

class PathMap {
  public:
    // `letter` A-Z in either case; `folder` absolute.
    void map_drive(char letter, boost::filesystem::path folder);

    // The path on this host. Error VIX_E_FILE_NAME_INVALID: no folder is mapped to the drive (the
    // detail names the setting), a UNC path, or a path relative to a drive ("C:x").
    boost::filesystem::path resolve(std::string_view path) const;

  private:
    std::map<char, boost::filesystem::path> drives_;
};

}  // namespace vix::io
