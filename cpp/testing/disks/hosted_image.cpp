#include "testing/disks/hosted_image.h"

#include <algorithm>
#include <iterator>

namespace vix::testing {
namespace {

std::uint64_t divide_up(std::uint64_t value, std::uint64_t unit) {
    return (value + unit - 1) / unit;
}

}  // namespace

std::uint64_t HostedImage::tables() const {
    return divide_up(capacity, grain_sectors * entries_per_table);
}

std::uint64_t HostedImage::table_sectors() const {
    return divide_up(entries_per_table * 4, kSector);
}

std::uint64_t HostedImage::descriptor_sectors() const {
    return descriptor.empty() ? 0 : std::max<std::uint64_t>(20, divide_up(descriptor.size(), 512));
}

std::uint64_t HostedImage::directory_sectors() const {
    return divide_up(tables() * 4, kSector);
}

std::uint64_t HostedImage::redundant_directory() const {
    return 1 + descriptor_sectors();
}

std::uint64_t HostedImage::redundant_table(std::uint64_t index) const {
    return redundant_directory() + directory_sectors() + index * table_sectors();
}

std::uint64_t HostedImage::directory() const {
    return redundant_table(tables());
}

std::uint64_t HostedImage::table(std::uint64_t index) const {
    return directory() + directory_sectors() + index * table_sectors();
}

std::uint64_t HostedImage::overhead() const {
    return divide_up(table(tables()), grain_sectors) * grain_sectors;
}

std::uint64_t HostedImage::place_of_grain(std::uint64_t number) const {
    const auto before = std::distance(grains.begin(), grains.lower_bound(number));
    return overhead() + static_cast<std::uint64_t>(before) * grain_sectors;
}

std::uint64_t HostedImage::entry(std::uint64_t number) const {
    return table(number / entries_per_table) * kSector + number % entries_per_table * 4;
}

std::uint64_t HostedImage::redundant_entry(std::uint64_t number) const {
    return redundant_table(number / entries_per_table) * kSector + number % entries_per_table * 4;
}

std::uint64_t HostedImage::value_of_entry(std::uint64_t number) const {
    if (zeroed_grains.contains(number)) return 1;
    return grains.contains(number) ? place_of_grain(number) : 0;
}

Image HostedImage::header() const {
    Image image(kSector, '\0');
    put_bytes(image, 0, "KDMV");
    put32(image, HostedField::kVersion, version);
    put32(image, HostedField::kFlags, flags);
    put64(image, HostedField::kCapacity, capacity);
    put64(image, HostedField::kGrainSize, grain_sectors);
    put64(image, HostedField::kDescriptorOffset, descriptor.empty() ? 0 : 1);
    put64(image, HostedField::kDescriptorSize, descriptor_sectors());
    put32(image, HostedField::kEntriesPerTable, entries_per_table);
    put64(image, HostedField::kRedundantDirectory, redundant_directory());
    put64(image, HostedField::kDirectory, directory());
    put64(image, HostedField::kOverhead, overhead());
    put_bytes(image, HostedField::kNewlineTest, "\n \r\n");
    return image;
}

Image HostedImage::bytes() const {
    Image image = header();
    image.resize((overhead() + grains.size() * grain_sectors) * kSector, '\0');
    put_bytes(image, kSector, descriptor);
    for (std::uint64_t i = 0; i < tables(); ++i) {
        put32(image, redundant_directory() * kSector + i * 4, redundant_table(i));
        put32(image, directory() * kSector + i * 4, table(i));
    }
    for (std::uint64_t number = 0; number * grain_sectors < capacity; ++number) {
        put32(image, redundant_entry(number), value_of_entry(number));
        put32(image, entry(number), value_of_entry(number));
    }
    for (const auto& [number, fill] : grains) {
        put_bytes(image, place_of_grain(number) * kSector,
                  content(fill, number * grain_sectors, grain_sectors));
    }
    return image;
}

std::string HostedImage::disk_content() const {
    std::string disk(capacity * kSector, '\0');
    for (const auto& [number, fill] : grains) {
        const std::uint64_t first = number * grain_sectors;
        put_bytes(disk, first * kSector, content(fill, first, grain_sectors));
    }
    disk.resize(capacity * kSector);
    return disk;
}

}  // namespace vix::testing
