// Finds a file by an absolute path that was valid before the file and the file that names it moved
// together, or before a folder above both was renamed. Reads folders only; never throws for a
// missing file.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

namespace vix::vm {

// Returns the existing paths at which the file `named` (absolute, POSIX or Windows) may be now, the
// nearest first. `folder` is the folder of the file that names it. Any folder above it may be the
// new name of a folder above `named`, so each is combined with every tail of the path. The caller
// checks whether a result is the right file. Returns nothing for relative names: a move does not
// change them.
std::vector<boost::filesystem::path> moved_places(const std::string& named,
                                                  const boost::filesystem::path& folder);

// True if the relative path from `from` to `to` equals the one from `old_from` to `old_to`.
// Compares text only, because the old files no longer exist. All paths are absolute; the old ones
// may be Windows paths.
bool is_same_way(const std::string& old_from, const std::string& old_to,
                 const boost::filesystem::path& from, const boost::filesystem::path& to);

}  // namespace vix::vm
