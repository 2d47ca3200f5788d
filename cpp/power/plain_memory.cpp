#include "power/plain_memory.h"

#include <memory>

#include "base/progress.h"
#include "format/memory_dump.h"
#include "io/files/file.h"
#include "io/files/transfer.h"

namespace fs = boost::filesystem;

namespace vix::power {
namespace {

constexpr std::uint64_t kFourGib = std::uint64_t{4} << 30;
constexpr unsigned kMemoryPermissions = 0600;

}  // namespace

void write_plain_memory(const fs::path& dump, const fs::path& file, std::uint64_t memory) {
    const auto from = std::make_shared<const io::File>(io::File::open(dump, io::Links::Refuse));
    const auto to = std::make_shared<io::File>(io::File::create(file, kMemoryPermissions));
    Progress progress;  // the call counts no bytes
    io::Transfer transfer{progress, io::Durability::Unsynced};
    std::uint64_t end = 0;
    for (const format::MemoryBlock& block : format::memory_blocks(*from, dump.string())) {
        if (block.address >= memory && block.address < kFourGib) continue;
        transfer.copy(from, block.file_offset, to, block.address, block.bytes);
        end = block.address + block.bytes;
    }
    transfer.finish();
    to->resize(end);  // memory that ends with zeros
    to->finish(io::Durability::Unsynced);
}

}  // namespace vix::power
