#include "format/vmsn.h"

#include <algorithm>
#include <boost/endian/buffers.hpp>
#include <optional>
#include <span>

#include "base/error.h"

namespace vix::format {
namespace {

namespace endian = boost::endian;

// Sources: crash-utility's reader, written at VMware; a file that Fusion wrote.
struct Header {
    static constexpr std::uint32_t kMagic = 0xBED2BED2;
    static constexpr std::uint32_t kPartial = 0xBED3BED3;
    static constexpr std::uint32_t kVersion = 8;

    endian::little_uint32_buf_t magic;    // 0
    endian::little_uint32_buf_t version;  // 4
    endian::little_uint32_buf_t groups;   // 8
};
static_assert(sizeof(Header) == 12);

struct Group {
    char name[64];                         //  0  padded with NULs
    endian::little_uint64_buf_t position;  // 64  bytes
    endian::little_uint64_buf_t size;      // 72  bytes, including the closing null tag
};
static_assert(sizeof(Group) == 80);

// A tag is (length of name) << 8 | (count of indices) << 6 | size of value. It is followed by the
// name, indices of four bytes, and the value. The value size 63 means a block: two lengths (on
// disk, in memory), then padding.
constexpr unsigned kBlock = 63;
constexpr unsigned kCompressedBlock = 62;

struct BlockHead {
    endian::little_uint64_buf_t bytes_on_disk;    //  0
    endian::little_uint64_buf_t bytes_in_memory;  //  8
    endian::little_uint16_buf_t padding;          // 16  bytes between this and the data
};
static_assert(sizeof(BlockHead) == 18);

constexpr std::uint32_t kMaxGroups = 4096;
constexpr std::uint64_t kMaxBlock = std::uint64_t{64} << 20;
// VMware leaves this much space after the texts, which end at the first NUL.
constexpr std::size_t kConfigSlack = 8193;
constexpr std::size_t kExtendedConfigSlack = 8192;
constexpr std::size_t kFileTail = 2;

class GroupReader {
  public:
    GroupReader(const io::File& file, std::uint64_t position, std::uint64_t size)
        : file_{file}, at_{position}, end_{position + size} {}

    // Skips all values except the three blocks.
    VmsnContent read() {
        VmsnContent content;
        for (;;) {
            const unsigned tag = take<endian::little_uint16_buf_t>().value();
            if (tag == 0) return content;
            const std::string name = take_bytes(tag >> 8);
            skip(std::uint64_t{4} * (tag >> 6 & 3));
            const unsigned value_size = tag & 63;
            if (value_size != kBlock && value_size != kCompressedBlock) {
                skip(value_size);
                continue;
            }
            take_block(name, value_size == kCompressedBlock, content);
        }
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw Error{VIX_E_SNAPSHOT_DUMPER,
                    file_.path().string() + ": " + what + " at offset " + std::to_string(at_)};
    }

    void need(std::uint64_t bytes) const {
        if (bytes > end_ - at_) fail("the snapshot state is truncated");
    }

    void skip(std::uint64_t bytes) {
        need(bytes);
        at_ += bytes;
    }

    template <typename Struct>
    Struct take() {
        need(sizeof(Struct));
        Struct value;
        file_.read_at(at_, std::as_writable_bytes(std::span{&value, 1}));
        at_ += sizeof(Struct);
        return value;
    }

    std::string take_bytes(std::uint64_t size) {
        need(size);
        std::string bytes(size, '\0');
        file_.read_at(at_, std::as_writable_bytes(std::span{bytes}));
        at_ += size;
        return bytes;
    }

    void take_block(const std::string& name, bool compressed, VmsnContent& content) {
        const auto head = take<BlockHead>();
        skip(head.padding.value());
        const std::uint64_t size = head.bytes_on_disk.value();
        std::string* target = name == "cfgFile"              ? &content.config
                              : name == "nvramFile"          ? &content.nvram
                              : name == "extendedConfigFile" ? &content.extended_config
                                                             : nullptr;
        if (target == nullptr) return skip(size);
        if (compressed || size > kMaxBlock) {
            fail("the block " + name + " is compressed or larger than 64 MiB");
        }
        *target = take_bytes(size);
        // The nvram is binary. The texts are followed by spare space.
        if (target != &content.nvram) target->resize(std::min(target->find('\0'), target->size()));
    }

    const io::File& file_;
    std::uint64_t at_;
    std::uint64_t end_;
};

template <typename Struct>
void append(std::string& bytes, const Struct& value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void append_block(std::string& bytes, const std::string& name, const std::string& value) {
    endian::little_uint16_buf_t tag;
    tag = static_cast<std::uint16_t>(name.size() << 8 | kBlock);
    BlockHead head{};
    head.bytes_on_disk = value.size();
    head.bytes_in_memory = value.size();
    append(bytes, tag);
    bytes += name;
    append(bytes, head);
    bytes += value;
}

}  // namespace

VmsnContent read_vmsn(const io::File& file) {
    const std::uint64_t size = file.size();
    Header header{};
    const auto no_state_file = [&] {
        return Error{VIX_E_SNAPSHOT_DUMPER, file.path().string() + " is not a snapshot state"};
    };
    if (size < sizeof header) throw no_state_file();
    file.read_at(0, std::as_writable_bytes(std::span{&header, 1}));
    const std::uint32_t magic = header.magic.value();
    if (magic != Header::kMagic && magic != Header::kPartial) throw no_state_file();
    if (header.groups.value() > kMaxGroups) throw no_state_file();
    for (std::uint32_t i = 0; i < header.groups.value(); ++i) {
        const std::uint64_t offset = sizeof header + i * sizeof(Group);
        if (offset + sizeof(Group) > size) throw no_state_file();
        Group group{};
        file.read_at(offset, std::as_writable_bytes(std::span{&group, 1}));
        if (std::string_view{group.name, 9} != std::string_view{"Snapshot\0", 9}) continue;
        const std::uint64_t position = group.position.value();
        if (position > size || group.size.value() > size - position) throw no_state_file();
        return GroupReader{file, position, group.size.value()}.read();
    }
    throw Error{VIX_E_SNAPSHOT_DUMPER, file.path().string() + " contains no configuration"};
}

std::string to_vmsn(const VmsnContent& content) {
    std::string values;
    append_block(values, "cfgFile", content.config + std::string(kConfigSlack, '\0'));
    if (!content.nvram.empty()) append_block(values, "nvramFile", content.nvram);
    append_block(values, "extendedConfigFile",
                 content.extended_config + std::string(kExtendedConfigSlack, '\0'));
    values.append(2, '\0');  // the null tag

    Header header{};
    header.magic = Header::kMagic;
    header.version = Header::kVersion;
    header.groups = 1;
    Group group{};
    std::copy_n("Snapshot", 8, group.name);
    group.position = sizeof header + sizeof group;
    group.size = values.size();
    std::string bytes;
    append(bytes, header);
    append(bytes, group);
    return bytes + values + std::string(kFileTail, '\0');
}

}  // namespace vix::format
