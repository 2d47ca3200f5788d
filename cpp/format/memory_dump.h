// The blocks of a guest's memory in a core file of ELF, as QEMU's dump-guest-memory writes it.
// Source: the ELF specification, as <elf.h> has it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/files/file.h"

namespace vix::format {

struct MemoryBlock {
    std::uint64_t address = 0;      // in the guest's physical memory, in bytes
    std::uint64_t file_offset = 0;  // of the block's bytes
    std::uint64_t bytes = 0;
};

// Returns the blocks by address; no two overlap, and all lie within the file. Throws
// VIX_E_FILE_ERROR for another file; `where` is its name for messages.
std::vector<MemoryBlock> memory_blocks(const io::File& dump, const std::string& where);

}  // namespace vix::format
