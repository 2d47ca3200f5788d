#include "format/memory_dump.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"

namespace vix::format::memory_dump_test {
namespace {

using vix::testing::code_of;
using vix::testing::detail_of;
using vix::testing::TempFolder;

template <class Value>
std::string bytes_of(const Value& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

// A core file with these blocks, each of 16 bytes behind the headers; its first segment is a note.
template <class Header, class Segment>
std::string core(unsigned char elf_class, const std::vector<std::uint32_t>& addresses) {
    Header header{};
    header.e_ident[0] = ELFMAG0;
    header.e_ident[1] = ELFMAG1;
    header.e_ident[2] = ELFMAG2;
    header.e_ident[3] = ELFMAG3;
    header.e_ident[EI_CLASS] = elf_class;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_CORE;
    header.e_phoff = sizeof(Header);
    header.e_phentsize = sizeof(Segment);
    header.e_phnum = static_cast<std::uint16_t>(addresses.size() + 1);
    Segment note{};
    note.p_type = PT_NOTE;
    note.p_filesz = 1;
    std::string text = bytes_of(header) + bytes_of(note);
    const std::size_t data = text.size() + addresses.size() * sizeof(Segment);
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        Segment segment{};
        segment.p_type = PT_LOAD;
        segment.p_paddr = addresses[i];
        segment.p_offset = static_cast<std::uint32_t>(data + 16 * i);
        segment.p_filesz = 16;
        text += bytes_of(segment);
    }
    for (std::size_t i = 0; i < addresses.size(); ++i) text += std::string(16, char('a' + i));
    return text;
}

std::string core64(const std::vector<std::uint32_t>& addresses) {
    return core<Elf64_Ehdr, Elf64_Phdr>(ELFCLASS64, addresses);
}

std::vector<MemoryBlock> read(const std::string& bytes) {
    const TempFolder folder;
    return memory_blocks(io::File::open(folder.write("dump", bytes)), "dump");
}

std::string refusal(const std::string& bytes) {
    EXPECT_EQ(code_of([&] { read(bytes); }), VIX_E_FILE_ERROR);
    return detail_of([&] { read(bytes); });
}

TEST(MemoryDump, GivesTheBlocksByAddress) {
    const std::string bytes = core64({0x100000, 0});
    const auto blocks = read(bytes);
    ASSERT_EQ(blocks.size(), 2U);
    EXPECT_EQ(blocks[0].address, 0U);
    EXPECT_EQ(bytes.substr(blocks[0].file_offset, blocks[0].bytes), std::string(16, 'b'));
    EXPECT_EQ(blocks[1].address, 0x100000U);
    EXPECT_EQ(bytes.substr(blocks[1].file_offset, blocks[1].bytes), std::string(16, 'a'));
}

TEST(MemoryDump, KnowsThatOfA32BitGuest) {
    const auto blocks = read(core<Elf32_Ehdr, Elf32_Phdr>(ELFCLASS32, {0xFFFC0000}));
    ASSERT_EQ(blocks.size(), 1U);
    EXPECT_EQ(blocks[0].address, 0xFFFC0000U);
}

TEST(MemoryDump, RefusesWhatIsNone) {
    EXPECT_NE(refusal("").find("ends in a header"), std::string::npos);
    EXPECT_NE(refusal(std::string(100, 'x')).find("no ELF header"), std::string::npos);
    std::string program = core64({0});
    program[16] = ET_EXEC;
    EXPECT_NE(refusal(program).find("no core file"), std::string::npos);
    const std::string whole = core64({0});
    EXPECT_NE(refusal(whole.substr(0, whole.size() - 1)).find("beyond its end"), std::string::npos);
    EXPECT_NE(refusal(core64({8, 0})).find("overlap"), std::string::npos);
}

TEST(MemoryDump, RefusesHostileNumbers) {
    const std::string whole = core64({0});
    Elf64_Ehdr header;
    std::memcpy(&header, whole.data(), sizeof header);
    header.e_phnum = std::numeric_limits<std::uint16_t>::max();
    EXPECT_NE(refusal(bytes_of(header) + whole.substr(sizeof header)).find("table of segments"),
              std::string::npos);
    header.e_phnum = 2;
    header.e_phoff = std::numeric_limits<std::uint64_t>::max() - 60;
    EXPECT_NE(refusal(bytes_of(header) + whole.substr(sizeof header)).find("ends in a header"),
              std::string::npos);
    header.e_phoff = sizeof header;
    Elf64_Phdr segment;
    const std::size_t at = sizeof header + sizeof segment;
    std::memcpy(&segment, whole.data() + at, sizeof segment);
    segment.p_filesz = std::numeric_limits<std::uint64_t>::max();
    std::string bytes = whole;
    EXPECT_NE(refusal(bytes.replace(at, sizeof segment, bytes_of(segment))).find("beyond its end"),
              std::string::npos);
}

}  // namespace
}  // namespace vix::format::memory_dump_test
