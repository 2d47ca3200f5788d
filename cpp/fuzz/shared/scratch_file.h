// A fuzzer's input as a file of the host that has already been unlinked.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>

#include "io/files/file.h"

namespace vix::fuzz {

// The bytes, followed by `hole` bytes of hole.
inline std::shared_ptr<const io::File> file_of(std::span<const std::byte> bytes,
                                               std::uint64_t hole = 0) {
    const io::fs::path path = "/dev/shm/vix-fuzz-" + std::to_string(getpid());
    io::File file = io::File::create(path, 0600);
    unlink(path.c_str());
    file.write_at(0, bytes);
    file.resize(bytes.size() + hole);
    return std::make_shared<io::File>(std::move(file));
}

}  // namespace vix::fuzz
