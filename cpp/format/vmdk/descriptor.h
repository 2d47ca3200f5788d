// The descriptor of a virtual disk: the text that names its content id, parent, extents and disk
// data base. Reads what VMware, QEMU and VirtualBox write; writes what VMware writes and QEMU
// opens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vix::format::vmdk {

enum class Access { ReadWrite, ReadOnly, None };

enum class ExtentType { Flat, Sparse, Zero, Vmfs, VmfsSparse, SeSparse, VmfsRdm, VmfsRaw };

struct ExtentLine {
    Access access = Access::ReadWrite;
    std::uint64_t sectors = 0;
    ExtentType type = ExtentType::Sparse;
    std::string name;        // UTF-8; empty for Zero
    std::string name_bytes;  // as in the file, for names that are on disk in that encoding
    std::uint64_t offset_sectors = 0;  // of the data in a flat file
};

inline constexpr std::uint32_t kNoParentCid = 0xFFFFFFFF;

struct Descriptor {
    std::optional<std::uint32_t> cid;  // absent in some damaged files
    std::uint32_t parent_cid = kNoParentCid;
    std::string create_type;
    std::string parent_hint;        // UTF-8; empty: none
    std::string parent_hint_bytes;  // as in the file
    bool encrypted = false;
    std::vector<ExtentLine> extents;
    std::vector<std::pair<std::string, std::string>> ddb;  // names without the leading `ddb.`

    bool has_parent() const { return parent_cid != kNoParentCid; }
    std::optional<std::string> find_ddb(std::string_view name) const;
    std::uint64_t capacity_sectors() const;  // sum of the extents
};

// A text larger than this is no descriptor; the largest disk VMware makes stays far below.
inline constexpr std::uint64_t kDescriptorLimit = std::uint64_t{4} << 20;

bool looks_like_descriptor(std::string_view text);

// `where` is the file's name for messages. Errors: VIX_E_DISK_INVALIDDISK with the line's number;
// what the text holds is not repeated, since a file that is no descriptor may be anybody's.
Descriptor parse_descriptor(std::string_view text, const std::string& where);

// In UTF-8, with the data base in alphabetical order.
std::string to_text(const Descriptor& descriptor);

std::string_view name_of(ExtentType type);

}  // namespace vix::format::vmdk
