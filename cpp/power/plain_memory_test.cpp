#include "power/plain_memory.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <span>

#include "io/files/file.h"
#include "testing/process/temp_folder.h"

namespace vix::power::plain_memory_test {
namespace {

using vix::testing::read_file;
using vix::testing::TempFolder;

constexpr std::uint64_t kMib = std::uint64_t{1} << 20;
constexpr std::uint64_t kDevice = 0xFD000000;
constexpr std::uint64_t kFourGib = std::uint64_t{4} << 30;

// A dump with a block of one MiB at each address, filled with the letter.
boost::filesystem::path write_dump(const TempFolder& folder,
                                   const std::vector<std::pair<std::uint64_t, char>>& blocks) {
    Elf64_Ehdr header{};
    std::copy_n(ELFMAG, SELFMAG, header.e_ident);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_CORE;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = static_cast<std::uint16_t>(blocks.size());
    std::string text{reinterpret_cast<const char*>(&header), sizeof header};
    std::string data;
    for (const auto& [address, letter] : blocks) {
        Elf64_Phdr segment{};
        segment.p_type = PT_LOAD;
        segment.p_paddr = address;
        segment.p_offset = sizeof header + blocks.size() * sizeof segment + data.size();
        segment.p_filesz = kMib;
        text.append(reinterpret_cast<const char*>(&segment), sizeof segment);
        data.append(kMib, letter);
    }
    return folder.write("dump", text + data);
}

TEST(PlainMemory, HasEachByteAtItsAddress) {
    const TempFolder folder;
    const auto dump = write_dump(folder, {{2 * kMib, 'c'}, {0, 'a'}, {kDevice, 'v'}});
    write_plain_memory(dump, folder / "a.plain.vmem", 3 * kMib);
    const std::string bytes = read_file(folder / "a.plain.vmem");
    EXPECT_TRUE(bytes == std::string(kMib, 'a') + std::string(kMib, '\0') + std::string(kMib, 'c'));
    struct stat status {};
    ASSERT_EQ(stat((folder / "a.plain.vmem").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(PlainMemory, EndsWithZerosWhereTheMemoryDoes) {
    const TempFolder folder;
    write_plain_memory(write_dump(folder, {{0, 'a'}, {kMib, '\0'}}), folder / "b", 2 * kMib);
    EXPECT_TRUE(read_file(folder / "b") == std::string(kMib, 'a') + std::string(kMib, '\0'));
}

TEST(PlainMemory, HasAHoleBelowFourGib) {
    const TempFolder folder;
    write_plain_memory(write_dump(folder, {{0, 'a'}, {kFourGib, 'h'}}), folder / "c", 2 * kMib);
    const auto file = io::File::open(folder / "c");
    EXPECT_EQ(file.size(), kFourGib + kMib);
    std::string end(kMib, '\0');
    file.read_at(kFourGib, std::as_writable_bytes(std::span{end}));
    EXPECT_TRUE(end == std::string(kMib, 'h'));
    struct stat status {};
    ASSERT_EQ(fstat(file.descriptor(), &status), 0);
    EXPECT_LT(static_cast<std::uint64_t>(status.st_blocks) * 512, 4 * kMib);
}

}  // namespace
}  // namespace vix::power::plain_memory_test
