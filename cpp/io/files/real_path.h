// Resolves all symbolic links of a path, even if its last parts do not exist.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <unordered_map>

namespace vix::io {

// Throws boost::filesystem::filesystem_error, with the true errno, if a part cannot be read.
// Boost's own weakly_canonical() reports errno 1, "Operation not permitted", for any error.
boost::filesystem::path real_path(const boost::filesystem::path& path);

// Resolves the links of folders, each folder once: Boost's canonical() asks the host about every
// part of a path, which is most of the time of a call that asks about many files of few folders.
// For one step of a call; a folder that is moved meanwhile is not noticed.
class RealFolders {
  public:
    // Throws as boost::filesystem::canonical().
    const boost::filesystem::path& of(const boost::filesystem::path& folder);
    // What boost::filesystem::canonical() returns for an existing file, and throws.
    boost::filesystem::path canonical(const boost::filesystem::path& file);
    // The same name in the real folder, even if it does not exist or is a link. `file` itself if
    // its folder cannot be resolved.
    boost::filesystem::path place_of(const boost::filesystem::path& file);

  private:
    std::unordered_map<std::string, boost::filesystem::path> known_;
};

}  // namespace vix::io
