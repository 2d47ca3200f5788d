// Builds the sparse extents of ESX as bytes: COWD (vmfsSparse) and seSparse.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "testing/disks/image.h"

namespace vix::testing {

// Header of four sectors, directory, tables of 4096 entries, grains of one sector.
struct CowdImage {
    static constexpr std::uint64_t kVersionField = 4;
    static constexpr std::uint64_t kCapacityField = 12;
    static constexpr std::uint64_t kGrainSizeField = 16;
    static constexpr std::uint64_t kDirectoryField = 20;
    static constexpr std::uint64_t kDirectoryEntriesField = 24;
    static constexpr std::uint64_t kDirectory = 4;  // sector

    std::uint64_t capacity = 8192;
    std::map<std::uint64_t, char> sectors;  // number -> fill

    std::uint64_t tables() const { return (capacity + 4095) / 4096; }
    std::uint64_t table(std::uint64_t index) const { return kDirectory + 1 + index * 32; }
    std::uint64_t entry(std::uint64_t sector) const;
    std::uint64_t place_of(std::uint64_t sector) const;

    Image bytes() const;
};

// Constant header, volatile header, directory, tables of 4096 entries, grains of eight sectors.
struct SeSparseImage {
    static constexpr std::uint64_t kVersionField = 8;
    static constexpr std::uint64_t kCapacityField = 16;
    static constexpr std::uint64_t kGrainSizeField = 24;
    static constexpr std::uint64_t kTableSizeField = 32;
    static constexpr std::uint64_t kFlagsField = 40;
    static constexpr std::uint64_t kVolatileField = 80;
    static constexpr std::uint64_t kDirectoryField = 128;
    static constexpr std::uint64_t kDirectorySizeField = 136;
    static constexpr std::uint64_t kTablesField = 144;
    static constexpr std::uint64_t kGrainsField = 192;
    // Sectors.
    static constexpr std::uint64_t kVolatile = 1;
    static constexpr std::uint64_t kDirectory = 2;
    static constexpr std::uint64_t kTables = 3;

    std::uint64_t capacity = 65536;        // two tables
    std::map<std::uint64_t, char> grains;  // number -> fill
    std::set<std::uint64_t> unmapped;
    std::set<std::uint64_t> zeroed;

    std::uint64_t tables() const { return (capacity + 32767) / 32768; }
    std::uint64_t first_grain() const { return kTables + tables() * 64; }
    std::uint64_t entry(std::uint64_t grain) const { return kTables * kSector + grain * 8; }
    // An allocated entry for grain number `place` of the file.
    static std::uint64_t allocated(std::uint64_t place);

    Image bytes() const;
};

}  // namespace vix::testing
