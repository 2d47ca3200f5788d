#include "format/vmdk/sparse_writer.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/units.h"
#include "format/vmdk/extent.h"

namespace vix::format::vmdk {
namespace {

constexpr std::uint64_t kTableBytes = kEntriesPerTable * 4;
constexpr std::uint64_t kNone = ~std::uint64_t{0};

std::string padded(const std::string& text, std::uint64_t sectors) {
    std::string result = text;
    result.resize(sectors * kSectorSize, '\0');
    return result;
}

}  // namespace

SparseWriter::SparseWriter(std::shared_ptr<io::File> file, std::uint64_t capacity_sectors,
                           std::string descriptor)
    : file_{std::move(file)},
      capacity_{capacity_sectors},
      descriptor_{std::move(descriptor)},
      descriptor_sectors_{
          descriptor_.empty()
              ? 0
              : std::max(kEmbeddedDescriptorSectors, divide_up(descriptor_.size(), kSectorSize))},
      tables_{divide_up(capacity_, kGrainSectors * kEntriesPerTable)},
      last_grain_index_{kNone},
      table_index_{kNone} {
    const std::uint64_t directory_sectors = divide_up(tables_ * 4, kSectorSize);
    redundant_directory_ = 1 + descriptor_sectors_;
    redundant_tables_ = redundant_directory_ + directory_sectors;
    directory_ = redundant_tables_ + tables_ * kTableSectors;
    first_table_ = directory_ + directory_sectors;
    overhead_ = round_up(first_table_ + tables_ * kTableSectors, kGrainSectors);
    next_grain_ = overhead_;
}

std::uint64_t SparseWriter::allocate(std::uint64_t sector, std::uint64_t sectors) {
    const std::uint64_t first = sector / kGrainSectors;
    const std::uint64_t last = (sector + sectors - 1) / kGrainSectors;
    std::uint64_t begin = last_grain_sector_;
    for (std::uint64_t grain = first; grain <= last; ++grain) {
        if (grain == last_grain_index_) continue;  // allocated by the previous range
        if (next_grain_ > std::numeric_limits<std::uint32_t>::max()) {
            throw Error{VIX_E_FILE_TOO_BIG,
                        file_->path().string() + ": a sparse extent holds at most 2 TiB"};
        }
        if (grain == first) begin = next_grain_;
        start_table(grain / kEntriesPerTable);
        table_[grain % kEntriesPerTable] = static_cast<std::uint32_t>(next_grain_);
        last_grain_index_ = grain;
        last_grain_sector_ = next_grain_;
        next_grain_ += kGrainSectors;
    }
    return (begin + sector % kGrainSectors) * kSectorSize;
}

void SparseWriter::start_table(std::uint64_t index) {
    if (index == table_index_) return;
    flush_table();
    table_index_ = index;
    table_.fill(endian::little_uint32_buf_t{0});
}

void SparseWriter::flush_table() {
    if (table_index_ == kNone) return;
    const auto bytes = std::as_bytes(std::span{table_});
    for (const std::uint64_t tables : {redundant_tables_, first_table_}) {
        file_->write_at((tables + table_index_ * kTableSectors) * kSectorSize, bytes);
    }
}

// Tables without entries stay holes in the file, which read as zeros.
void SparseWriter::finish() {
    flush_table();
    file_->resize(next_grain_ * kSectorSize);
    write_directory(redundant_directory_, redundant_tables_);
    write_directory(directory_, first_table_);
    if (!descriptor_.empty()) {
        file_->write_at(kSectorSize, io::as_bytes(padded(descriptor_, descriptor_sectors_)));
    }
    write_header();
}

void SparseWriter::write_directory(std::uint64_t directory, std::uint64_t first_table) {
    std::vector<endian::little_uint32_buf_t> entries(tables_);
    for (std::uint64_t i = 0; i < tables_; ++i) {
        entries[i] = static_cast<std::uint32_t>(first_table + i * kTableSectors);
    }
    file_->write_at(directory * kSectorSize, std::as_bytes(std::span{entries}));
}

void SparseWriter::write_header() {
    HostedHeader header{};
    header.magic = HostedHeader::kMagic;
    header.version = 1;
    header.flags = HostedHeader::kNewlineTest | HostedHeader::kRedundantTables;
    header.capacity = capacity_;
    header.grain_size = kGrainSectors;
    header.descriptor_offset = descriptor_.empty() ? 0 : 1;
    header.descriptor_size = descriptor_sectors_;
    header.entries_per_table = kEntriesPerTable;
    header.redundant_directory = redundant_directory_;
    header.directory = directory_;
    header.overhead = overhead_;
    const unsigned char newline_test[] = {'\n', ' ', '\r', '\n'};
    std::copy(std::begin(newline_test), std::end(newline_test), header.newline_test);
    file_->write_at(0, std::as_bytes(std::span{&header, 1}));
}

bool descriptor_fits(const HostedHeader& header, std::uint64_t first_used_sector,
                     const std::string& descriptor) {
    if (descriptor.empty()) return true;
    const std::uint64_t sectors = header.descriptor_size.value();
    return header.descriptor_offset.value() == 1 && sectors < first_used_sector &&
           descriptor.size() <= sectors * kSectorSize;
}

void stop_change_tracking(io::File& extent) {
    HostedHeader header = read_header(extent);
    const bool compressed = header.compression.value() != 0;
    if (header.version.value() < HostedHeader::kVersionWithTracking || compressed) return;
    header.version = (header.flags.value() & HostedHeader::kZeroedGrains) != 0 ? 2 : 1;
    extent.write_at(0, std::as_bytes(std::span{&header, 1}));
}

void rewrite_descriptor(io::File& copy, const HostedHeader& header, bool zeroed_grains,
                        const std::string& descriptor) {
    HostedHeader changed = header;
    changed.version = zeroed_grains ? 2 : 1;
    if (descriptor.empty()) {
        changed.descriptor_offset = 0;
        changed.descriptor_size = 0;
    } else {
        copy.write_at(kSectorSize,
                      io::as_bytes(padded(descriptor, header.descriptor_size.value())));
    }
    copy.write_at(0, std::as_bytes(std::span{&changed, 1}));
}

}  // namespace vix::format::vmdk
