// What tells whether a file is still the one that was read: its identity, size and times. The times
// have the host's granularity, so a file that was changed just before it was read may be changed
// again without a trace: see is_settled().
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <optional>

#include "io/files/file.h"

namespace vix::io {

struct FileState {
    FileIdentity identity;
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;  // since 1970
    std::int64_t changed_ns = 0;   // of its inode, since 1970
    bool operator==(const FileState&) const = default;
};

// Follows links. Nothing if that cannot be determined.
std::optional<FileState> state_of(const boost::filesystem::path& path);

// The same of an open file.
std::optional<FileState> state_of(const File& file);

// Sets the time of modification to now, exactly: whoever changes the file later leaves another
// time, because the kernel's clock ticks some hundred times a second. Returns it as FileState has
// it; nothing if the file system keeps only coarser times, or if another host may change the file.
std::optional<std::int64_t> seal(const boost::filesystem::path& file);

// True if any later change gives the file another state. `state` has just been determined.
bool is_settled(const FileState& state);

}  // namespace vix::io
