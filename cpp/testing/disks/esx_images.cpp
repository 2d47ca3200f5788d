#include "testing/disks/esx_images.h"

#include <iterator>

namespace vix::testing {

std::uint64_t CowdImage::entry(std::uint64_t sector) const {
    return table(sector / 4096) * kSector + sector % 4096 * 4;
}

std::uint64_t CowdImage::place_of(std::uint64_t sector) const {
    const auto before = std::distance(sectors.begin(), sectors.lower_bound(sector));
    return table(tables()) + static_cast<std::uint64_t>(before);
}

Image CowdImage::bytes() const {
    Image image(table(tables()) * kSector, '\0');
    put_bytes(image, 0, "COWD");
    put32(image, kVersionField, 1);
    put32(image, 8, 3);
    put32(image, kCapacityField, capacity);
    put32(image, kGrainSizeField, 1);
    put32(image, kDirectoryField, kDirectory);
    put32(image, kDirectoryEntriesField, tables());
    put32(image, 28, table(tables()) + sectors.size());
    for (std::uint64_t i = 0; i < tables(); ++i) {
        put32(image, kDirectory * kSector + i * 4, table(i));
    }
    for (const auto& [sector, fill] : sectors) {
        put32(image, entry(sector), place_of(sector));
        put_bytes(image, place_of(sector) * kSector, content(fill, sector, 1));
    }
    return image;
}

std::uint64_t SeSparseImage::allocated(std::uint64_t place) {
    return 0x3000000000000000 | (place & 0xFFF) << 48 | place >> 12;
}

Image SeSparseImage::bytes() const {
    Image image(first_grain() * kSector, '\0');
    put64(image, 0, 0xCAFEBABE);
    put64(image, kVersionField, 0x0000000200000001);
    put64(image, kCapacityField, capacity);
    put64(image, kGrainSizeField, 8);
    put64(image, kTableSizeField, 64);
    put64(image, kVolatileField, kVolatile);
    put64(image, kVolatileField + 8, 1);
    put64(image, kDirectoryField, kDirectory);
    put64(image, kDirectorySizeField, 1);
    put64(image, kTablesField, kTables);
    put64(image, kTablesField + 8, tables() * 64);
    put64(image, kGrainsField, first_grain());
    put64(image, kGrainsField + 8, grains.size() * 8);
    put64(image, kVolatile * kSector, 0xCAFECAFE);
    for (std::uint64_t i = 0; i < tables(); ++i) {
        put64(image, kDirectory * kSector + i * 8, 0x1000000000000000 | i);
    }
    for (const std::uint64_t grain : unmapped) put64(image, entry(grain), 0x1000000000000000);
    for (const std::uint64_t grain : zeroed) put64(image, entry(grain), 0x2000000000000000);
    std::uint64_t place = 0;
    for (const auto& [grain, fill] : grains) {
        put64(image, entry(grain), allocated(place));
        put_bytes(image, (first_grain() + place * 8) * kSector, content(fill, grain * 8, 8));
        ++place;
    }
    return image;
}

}  // namespace vix::testing
