// The descriptor of a virtual disk: the text with its content id, parent, extents and disk data
// base. Reads what VMware, QEMU and VirtualBox write; writes what VMware writes and QEMU opens.
// Sizes are in sectors.
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
    std::string name_bytes;  // as in the file, for extents whose names on disk are in that encoding
    std::uint64_t offset_sectors = 0;  // where the data starts in a flat file
};

// Whether its file holds the sectors of the disk as they are.
inline bool is_flat(const ExtentLine& extent) {
    return extent.type == ExtentType::Flat || extent.type == ExtentType::Vmfs;
}

inline constexpr std::uint32_t kNoParentCid = 0xFFFFFFFF;

struct Descriptor {
    std::optional<std::uint32_t> cid;  // absent in some damaged files
    std::uint32_t parent_cid = kNoParentCid;
    std::string create_type;
    std::string parent_hint;        // UTF-8; empty if there is none
    std::string parent_hint_bytes;  // as in the file
    bool encrypted = false;
    std::vector<ExtentLine> extents;
    std::vector<std::pair<std::string, std::string>> ddb;  // names without the leading `ddb.`

    bool has_parent() const { return parent_cid != kNoParentCid; }
    std::optional<std::string> find_ddb(std::string_view name) const;
    std::uint64_t capacity_sectors() const;  // sum of the extents; throws on overflow
};

// A larger text is not a descriptor. The largest disk that VMware makes needs far less.
inline constexpr std::uint64_t kDescriptorLimit = std::uint64_t{4} << 20;

bool looks_like_descriptor(std::string_view text);

// `where` is the file's name for messages. Throws VIX_E_DISK_INVALIDDISK with the line's number.
// The detail does not repeat the text, because a file that is not a descriptor may hold secrets.
Descriptor parse_descriptor(std::string_view text, const std::string& where);

// The text in UTF-8, with the data base in alphabetical order. Throws VIX_E_FILE_NAME_INVALID if
// the name of an extent or of the parent is not UTF-8.
std::string to_text(const Descriptor& descriptor);

std::string_view name_of(ExtentType type);

}  // namespace vix::format::vmdk
