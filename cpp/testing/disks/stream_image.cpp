#include "testing/disks/stream_image.h"

#include "testing/disks/hosted_image.h"

namespace vix::testing {
namespace {

constexpr std::uint64_t kDescriptorSectors = 20;
constexpr std::uint64_t kEntries = 512;
constexpr std::uint64_t kAtEnd = ~std::uint64_t{0};

void pad_to_sector(Image& image) {
    image.resize((image.size() + kSector - 1) / kSector * kSector, '\0');
}

void add_marker(Image& image, std::uint64_t sectors, std::uint64_t type) {
    const std::uint64_t at = image.size();
    image.resize(at + kSector, '\0');
    put64(image, at, sectors);
    put32(image, at + 12, type);
}

}  // namespace

Image StreamImage::header(std::uint64_t directory_sector) const {
    HostedImage plain;
    plain.descriptor = "x";  // reserves space for one
    Image image = plain.bytes().substr(0, kSector);
    put32(image, HostedField::kVersion, 3);
    put32(image, HostedField::kFlags, markers ? 0x30001 : 0x10001);
    put64(image, HostedField::kCapacity, capacity);
    put64(image, HostedField::kGrainSize, grain_sectors);
    put64(image, HostedField::kRedundantDirectory, 0);
    put64(image, HostedField::kDirectory, directory_sector);
    put64(image, HostedField::kOverhead, 128);
    put16(image, HostedField::kCompression, 1);
    return image;
}

void StreamImage::add_grains(Image& image) {
    for (const auto& [number, fill] : grains) {
        const std::uint64_t first = number * grain_sectors;
        const std::string packed = deflated(content(fill, first, grain_sectors));
        const std::uint64_t at = image.size();
        records[number] = at;
        if (markers) {
            put64(image, at, first);
            put32(image, at + 8, packed.size());
        }
        image += packed;
        pad_to_sector(image);
    }
}

void StreamImage::add_tables(Image& image) {
    const std::uint64_t count =
        (capacity + grain_sectors * kEntries - 1) / grain_sectors / kEntries;
    std::string directory;
    for (std::uint64_t i = 0; i < count; ++i) {
        if (markers) add_marker(image, kEntries * 4 / kSector, 1);
        if (i == 0) table = image.size();
        put32(directory, i * 4, image.size() / kSector);
        const std::uint64_t at = image.size();
        image.resize(at + kEntries * 4, '\0');
        for (const auto& [number, record] : records) {
            if (number / kEntries == i) put32(image, at + number % kEntries * 4, record / kSector);
        }
    }
    if (markers) add_marker(image, 1, 2);
    directory_ = image.size() / kSector;
    image += directory;
    pad_to_sector(image);
}

void StreamImage::add_footer(Image& image) {
    add_marker(image, 1, 3);
    footer = image.size();
    image += header(directory_);
    add_marker(image, 0, 0);
}

Image StreamImage::bytes() {
    Image image(128 * kSector, '\0');
    put_bytes(image, kSector, descriptor.substr(0, kDescriptorSectors * kSector));
    add_grains(image);
    add_tables(image);
    if (markers) add_footer(image);
    put_bytes(image, 0, header(markers ? kAtEnd : directory_));
    return image;
}

std::string StreamImage::disk_content() const {
    HostedImage plain;
    plain.capacity = capacity;
    plain.grain_sectors = grain_sectors;
    plain.grains = grains;
    return plain.disk_content();
}

}  // namespace vix::testing
