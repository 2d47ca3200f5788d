// The on-disk headers of sparse extents, field by field. Numbers are little endian; offsets and
// sizes are in sectors of 512 bytes unless stated otherwise.
#pragma once

#include <boost/endian/buffers.hpp>
#include <cstdint>

namespace vix::format::vmdk {

namespace endian = boost::endian;

// Hosted sparse extent, "KDMV". Source: VMware, Virtual Disk Format 5.0.
struct HostedHeader {
    static constexpr std::uint32_t kMagic = 0x564D444B;
    static constexpr std::uint32_t kMaxVersion = 3;
    static constexpr std::uint32_t kVersionWithTracking = 3;
    static constexpr std::uint32_t kNewlineTest = 1U << 0;
    static constexpr std::uint32_t kRedundantTables = 1U << 1;
    static constexpr std::uint32_t kZeroedGrains = 1U << 2;
    static constexpr std::uint32_t kCompressed = 1U << 16;
    static constexpr std::uint32_t kMarkers = 1U << 17;
    static constexpr std::uint64_t kDirectoryAtEnd = ~std::uint64_t{0};
    static constexpr std::uint16_t kDeflate = 1;

    endian::little_uint32_buf_t magic;                //  0
    endian::little_uint32_buf_t version;              //  4  1; 2 zeroed grains; 3 stream, CBT
    endian::little_uint32_buf_t flags;                //  8
    endian::little_uint64_buf_t capacity;             // 12
    endian::little_uint64_buf_t grain_size;           // 20  power of two above 8
    endian::little_uint64_buf_t descriptor_offset;    // 28  0: not embedded
    endian::little_uint64_buf_t descriptor_size;      // 36
    endian::little_uint32_buf_t entries_per_table;    // 44  512
    endian::little_uint64_buf_t redundant_directory;  // 48
    endian::little_uint64_buf_t directory;            // 56  all ones: see the footer
    endian::little_uint64_buf_t overhead;             // 64  first sector of the first grain
    endian::little_uint8_buf_t unclean_shutdown;      // 72  1 while open for writing
    unsigned char newline_test[4];                    // 73  LF blank CR LF
    endian::little_uint16_buf_t compression;          // 77  0 none, 1 deflate (zlib stream)
    unsigned char padding[433];                       // 79
};
static_assert(sizeof(HostedHeader) == 512);

// Stands between the grains of a streamOptimized extent. Source: as above.
struct Marker {
    static constexpr std::uint32_t kEndOfStream = 0;
    static constexpr std::uint32_t kFooter = 3;

    endian::little_uint64_buf_t value;  //  0  for a grain: its first sector on the disk
    endian::little_uint32_buf_t size;   //  8  for a grain: compressed bytes, which begin at 12
    endian::little_uint32_buf_t type;   // 12  valid if size is 0
    unsigned char padding[496];         // 16
};
static_assert(sizeof(Marker) == 512);
inline constexpr std::uint64_t kGrainMarkerBytes = 12;

// ESX redo log and sparse disk, "COWD": the part that is read. Sources: as above; libvmdk's notes.
struct CowdHeader {
    static constexpr std::uint32_t kMagic = 0x44574F43;
    static constexpr std::uint32_t kEntriesPerTable = 4096;

    endian::little_uint32_buf_t magic;              //  0
    endian::little_uint32_buf_t version;            //  4  1
    endian::little_uint32_buf_t flags;              //  8  3
    endian::little_uint32_buf_t capacity;           // 12
    endian::little_uint32_buf_t grain_size;         // 16  1 by default
    endian::little_uint32_buf_t directory;          // 20  4
    endian::little_uint32_buf_t directory_entries;  // 24
    endian::little_uint32_buf_t next_free;          // 28
};
static_assert(sizeof(CowdHeader) == 32);

// ESX space-efficient sparse extent. Sources: QEMU's reader; dissect.hypervisor.
struct SeSparseHeader {
    static constexpr std::uint64_t kMagic = 0x00000000CAFEBABE;
    static constexpr std::uint64_t kVersion = 0x0000000200000001;
    static constexpr std::uint64_t kGrainSectors = 8;
    static constexpr std::uint64_t kTableSectors = 64;

    endian::little_uint64_buf_t magic;                //   0
    endian::little_uint64_buf_t version;              //   8
    endian::little_uint64_buf_t capacity;             //  16
    endian::little_uint64_buf_t grain_size;           //  24  8
    endian::little_uint64_buf_t table_size;           //  32  64
    endian::little_uint64_buf_t flags;                //  40  0
    endian::little_uint64_buf_t reserved[4];          //  48  0
    endian::little_uint64_buf_t volatile_header;      //  80
    endian::little_uint64_buf_t volatile_size;        //  88
    endian::little_uint64_buf_t journal_header;       //  96
    endian::little_uint64_buf_t journal_header_size;  // 104
    endian::little_uint64_buf_t journal;              // 112
    endian::little_uint64_buf_t journal_size;         // 120
    endian::little_uint64_buf_t directory;            // 128
    endian::little_uint64_buf_t directory_size;       // 136
    endian::little_uint64_buf_t tables;               // 144
    endian::little_uint64_buf_t tables_size;          // 152
    endian::little_uint64_buf_t free_bitmap;          // 160
    endian::little_uint64_buf_t free_bitmap_size;     // 168
    endian::little_uint64_buf_t backmap;              // 176
    endian::little_uint64_buf_t backmap_size;         // 184
    endian::little_uint64_buf_t grains;               // 192
    endian::little_uint64_buf_t grains_size;          // 200
    unsigned char padding[304];                       // 208
};
static_assert(sizeof(SeSparseHeader) == 512);

struct SeSparseVolatileHeader {
    static constexpr std::uint64_t kMagic = 0x00000000CAFECAFE;

    endian::little_uint64_buf_t magic;             //  0
    endian::little_uint64_buf_t free_table;        //  8
    endian::little_uint64_buf_t next_transaction;  // 16
    endian::little_uint64_buf_t replay_journal;    // 24  not 0: the journal holds unapplied changes
    unsigned char padding[480];                    // 32
};
static_assert(sizeof(SeSparseVolatileHeader) == 512);

}  // namespace vix::format::vmdk
