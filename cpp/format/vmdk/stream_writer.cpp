#include "format/vmdk/stream_writer.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/units.h"
#include "format/vmdk/headers.h"
#include "format/vmdk/sparse_writer.h"
#include "format/vmdk/zlib_stream.h"

namespace vix::format::vmdk {
namespace {

constexpr std::uint32_t kTableMarker = 1;
constexpr std::uint32_t kDirectoryMarker = 2;
constexpr std::uint32_t kVersion = 3;

HostedHeader header_of(std::uint64_t capacity, std::uint64_t descriptor_sectors,
                       std::uint64_t directory) {
    HostedHeader header{};
    header.magic = HostedHeader::kMagic;
    header.version = kVersion;
    header.flags = HostedHeader::kNewlineTest | HostedHeader::kCompressed | HostedHeader::kMarkers;
    header.capacity = capacity;
    header.grain_size = kGrainSectors;
    header.descriptor_offset = 1;
    header.descriptor_size = descriptor_sectors;
    header.entries_per_table = kEntriesPerTable;
    header.directory = directory;
    header.overhead = round_up(1 + descriptor_sectors, kGrainSectors);
    const unsigned char newline_test[] = {'\n', ' ', '\r', '\n'};
    std::copy(std::begin(newline_test), std::end(newline_test), header.newline_test);
    header.compression = HostedHeader::kDeflate;
    return header;
}

std::vector<endian::little_uint32_buf_t> little_endian(const std::vector<std::uint32_t>& values) {
    std::vector<endian::little_uint32_buf_t> result(values.size());
    std::copy(values.begin(), values.end(), result.begin());
    return result;
}

}  // namespace

std::string packed_grain(std::span<const std::byte> grain) {
    std::vector<std::byte> whole;
    if (grain.size() < kGrainBytes) {
        whole.assign(grain.begin(), grain.end());
        whole.resize(kGrainBytes);
        grain = whole;
    }
    return pack_zlib(grain);
}

StreamWriter::StreamWriter(std::shared_ptr<io::File> file, std::uint64_t capacity_sectors,
                           const std::string& descriptor)
    : file_{std::move(file)},
      capacity_{capacity_sectors},
      descriptor_sectors_{
          std::max(kEmbeddedDescriptorSectors, divide_up(descriptor.size(), kSectorSize))},
      next_{round_up(1 + descriptor_sectors_, kGrainSectors)},
      directory_(divide_up(capacity_sectors, kGrainSectors * kEntriesPerTable)) {
    file_->write_at(kSectorSize, io::as_bytes(descriptor));
}

void StreamWriter::append(std::span<const std::byte> bytes) {
    file_->write_at(next_ * kSectorSize, bytes);
    next_ += divide_up(bytes.size(), kSectorSize);
}

void StreamWriter::append_marker(std::uint64_t sectors, std::uint32_t type) {
    Marker marker{};
    marker.value = sectors;
    marker.type = type;
    append(std::as_bytes(std::span{&marker, 1}));
}

void StreamWriter::flush_table() {
    if (table_.empty()) return;
    append_marker(kTableSectors, kTableMarker);
    directory_[table_index_] = static_cast<std::uint32_t>(next_);
    const auto entries = little_endian(table_);
    append(std::as_bytes(std::span{entries}));
    table_.clear();
}

void StreamWriter::add(std::uint64_t grain, const std::string& packed) {
    const std::uint64_t index = grain / kEntriesPerTable;
    if (index != table_index_) flush_table();
    table_index_ = index;
    if (next_ > std::numeric_limits<std::uint32_t>::max() - kGrainSectors) {
        throw Error{VIX_E_FILE_TOO_BIG,
                    file_->path().string() + ": a sparse extent holds at most 2 TiB"};
    }
    table_.resize(kEntriesPerTable);
    table_[grain % kEntriesPerTable] = static_cast<std::uint32_t>(next_);
    Marker marker{};
    marker.value = grain * kGrainSectors;
    marker.size = static_cast<std::uint32_t>(packed.size());
    std::string record{reinterpret_cast<const char*>(&marker), kGrainMarkerBytes};
    record += packed;
    append(io::as_bytes(record));
}

void StreamWriter::finish() {
    flush_table();
    const auto entries = little_endian(directory_);
    append_marker(divide_up(entries.size() * 4, kSectorSize), kDirectoryMarker);
    const std::uint64_t directory = next_;
    append(std::as_bytes(std::span{entries}));
    append_marker(1, Marker::kFooter);
    const HostedHeader footer = header_of(capacity_, descriptor_sectors_, directory);
    append(std::as_bytes(std::span{&footer, 1}));
    append_marker(0, Marker::kEndOfStream);
    // Written last: until then the file is no extent.
    const HostedHeader header =
        header_of(capacity_, descriptor_sectors_, HostedHeader::kDirectoryAtEnd);
    file_->write_at(0, std::as_bytes(std::span{&header, 1}));
}

}  // namespace vix::format::vmdk
