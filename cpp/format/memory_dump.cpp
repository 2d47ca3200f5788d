#include "format/memory_dump.h"

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "base/error.h"

namespace vix::format {
namespace {

// QEMU writes one for each block of memory and one for its notes.
constexpr std::size_t kMostSegments = 1024;

// A guest that has never left 32-bit mode has a core file of that kind.
struct Elf32 {
    using File = Elf32_Ehdr;
    using Segment = Elf32_Phdr;
};
struct Elf64 {
    using File = Elf64_Ehdr;
    using Segment = Elf64_Phdr;
};

[[noreturn]] void refuse_dump(const std::string& where, const char* why) {
    throw Error{VIX_E_FILE_ERROR, where + " is not the dump of a guest's memory: " + why};
}

template <class Value>
Value value_at(const io::File& dump, std::uint64_t offset, const std::string& where) {
    if (offset > dump.size() || dump.size() - offset < sizeof(Value)) {
        refuse_dump(where, "it ends in a header");
    }
    Value value;
    dump.read_at(offset, std::as_writable_bytes(std::span{&value, 1}));
    return value;
}

template <class Elf>
std::vector<MemoryBlock> blocks_of(const io::File& dump, const std::string& where) {
    const auto header = value_at<typename Elf::File>(dump, 0, where);
    if (header.e_type != ET_CORE) refuse_dump(where, "it is no core file");
    if (header.e_phentsize != sizeof(typename Elf::Segment) || header.e_phnum > kMostSegments) {
        refuse_dump(where, "its table of segments is of another form");
    }
    std::vector<MemoryBlock> blocks;
    for (std::size_t i = 0; i < header.e_phnum; ++i) {
        const auto segment = value_at<typename Elf::Segment>(
            dump, std::uint64_t{header.e_phoff} + i * sizeof(typename Elf::Segment), where);
        if (segment.p_type != PT_LOAD || segment.p_filesz == 0) continue;
        const MemoryBlock block{segment.p_paddr, segment.p_offset, segment.p_filesz};
        if (block.file_offset > dump.size() || dump.size() - block.file_offset < block.bytes ||
            block.address + block.bytes < block.address) {
            refuse_dump(where, "a block of memory lies beyond its end");
        }
        blocks.push_back(block);
    }
    return blocks;
}

}  // namespace

std::vector<MemoryBlock> memory_blocks(const io::File& dump, const std::string& where) {
    const auto id = value_at<std::array<unsigned char, EI_NIDENT>>(dump, 0, where);
    if (std::memcmp(id.data(), ELFMAG, SELFMAG) != 0 || id[EI_DATA] != ELFDATA2LSB) {
        refuse_dump(where, "it has no ELF header of a PC");
    }
    auto blocks =
        id[EI_CLASS] == ELFCLASS64 ? blocks_of<Elf64>(dump, where) : blocks_of<Elf32>(dump, where);
    std::sort(blocks.begin(), blocks.end(),
              [](const auto& one, const auto& other) { return one.address < other.address; });
    for (std::size_t i = 1; i < blocks.size(); ++i) {
        if (blocks[i - 1].address + blocks[i - 1].bytes > blocks[i].address) {
            refuse_dump(where, "two blocks of memory overlap");
        }
    }
    return blocks;
}

}  // namespace vix::format
