// The bytes of a fuzzer's input as a file of the host that has no name any more.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>

#include "io/file.h"

namespace vix::fuzz {

// With so many bytes of hole behind them.
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
