// Finding a file by an absolute path that was true once, before its user and it were moved together
// (or the folder above both was renamed).
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

namespace vix::vm {

// Where the file `named` (absolute, POSIX or Windows) may be now, seen from `folder`, where what
// names it lies now: each folder on the way up may be what a folder above the file was renamed to,
// so each is tried with every end of the path. Only what is there; the nearest first. Whether it is
// the right one the caller has to find out. Nothing for relative names: they stay true.
std::vector<boost::filesystem::path> moved_places(const std::string& named,
                                                  const boost::filesystem::path& folder);

// Whether the way from `from` to `to` is the one from `old_from` to `old_to`: as texts, for the old
// ones are gone. All absolute; the old ones may be Windows paths.
bool is_same_way(const std::string& old_from, const std::string& old_to,
                 const boost::filesystem::path& from, const boost::filesystem::path& to);

}  // namespace vix::vm
