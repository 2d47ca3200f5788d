// Recognises the file system that a path is on.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>

namespace vix::io {

// Returns a text that names the file system of the path, or of its nearest folder that exists: its
// id and where it is mounted. It stays the same as long as the file system is mounted there; it may
// change when it is mounted anew. Empty if it cannot be found out.
std::string file_system_of(const boost::filesystem::path& path);

bool is_on_btrfs(int descriptor);

// True on ext2 to ext4, XFS, btrfs, F2FS and tmpfs: only this host's kernel changes the times and
// sizes of files there, so what it reports is never out of date. False on all others.
bool has_times_of_this_host(const boost::filesystem::path& file);

}  // namespace vix::io
