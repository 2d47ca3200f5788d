#include "testing/disks/extents.h"

#include <algorithm>
#include <span>
#include <stdexcept>

#include "base/units.h"
#include "vm/disks/disk.h"

namespace vix::testing {

using format::vmdk::Extent;
using format::vmdk::ExtentLine;
using format::vmdk::ExtentType;
using format::vmdk::Run;

namespace {

std::span<std::byte> writable(std::string& bytes) {
    return std::as_writable_bytes(std::span{bytes});
}

// `bytes` has room for the run, filled with zeros.
void read_run(const Extent* extent, const Run& run, std::span<std::byte> bytes) {
    if (run.kind == Run::Kind::Data) {
        extent->file()->read_at(run.file_offset, bytes);
    } else if (run.kind == Run::Kind::Compressed) {
        std::string grain(extent->grain_bytes(), '\0');
        extent->read_compressed(run, writable(grain));
        const auto asked = writable(grain).subspan(run.sectors_to_skip * kSectorSize, bytes.size());
        std::copy(asked.begin(), asked.end(), bytes.begin());
    }
}

// Throws std::out_of_range if the run passes the end of the disk.
std::span<std::byte> place_of(const Run& run, std::uint64_t sector, std::string& disk) {
    if (sector + run.sectors > disk.size() / kSectorSize) {
        throw std::out_of_range{"a run of " + std::to_string(run.sectors) + " sectors at " +
                                std::to_string(sector) + " passes the end of the disk"};
    }
    return writable(disk).subspan(sector * kSectorSize, run.sectors * kSectorSize);
}

std::string describe(const Run& run) {
    const std::string sectors = " " + std::to_string(run.sectors);
    const std::string place = sectors + " at " + std::to_string(run.file_offset);
    switch (run.kind) {
        case Run::Kind::Unallocated:
            return "unallocated" + sectors;
        case Run::Kind::Zero:
            return "zero" + sectors;
        case Run::Kind::Data:
            return "data" + place;
        case Run::Kind::Compressed:
            break;
    }
    return "compressed" + place;
}

}  // namespace

ExtentLine extent_line(ExtentType type, std::uint64_t sectors, const std::string& name) {
    ExtentLine line;
    line.type = type;
    line.sectors = sectors;
    line.name = line.name_bytes = name;
    return line;
}

std::unique_ptr<Extent> open_image(const TempFolder& folder, const Image& bytes, ExtentType type,
                                   std::uint64_t sectors) {
    const fs::path path = folder.write("x.vmdk", bytes);
    return format::vmdk::open_extent(extent_line(type, sectors),
                                     std::make_shared<io::File>(io::File::open(path)));
}

std::string runs_of(Extent& extent) {
    std::string text;
    for (std::uint64_t sector = 0; sector < extent.sectors();) {
        const Run run = extent.run_at(sector);
        text += (text.empty() ? "" : ", ") + describe(run);
        sector += run.sectors;
    }
    return text;
}

std::string content_of(Extent& extent) {
    std::string bytes(extent.sectors() * kSectorSize, '\0');
    for (std::uint64_t sector = 0; sector < extent.sectors();) {
        const Run run = extent.run_at(sector);
        read_run(&extent, run, place_of(run, sector, bytes));
        sector += run.sectors;
    }
    return bytes;
}

std::string content_of(vm::ChainReader& reader, std::uint64_t sectors) {
    std::string bytes(sectors * kSectorSize, '\0');
    for (std::uint64_t sector = 0; sector < sectors;) {
        const vm::ChainRun found = reader.run_at(sector);
        read_run(found.extent.get(), found.run, place_of(found.run, sector, bytes));
        sector += found.run.sectors;
    }
    return bytes;
}

std::string read_disk(const boost::filesystem::path& path) {
    const vm::Settings settings;
    const vm::Disk disk = vm::open_whole_disk(path, {}, settings);
    vm::ChainReader reader{disk, settings};
    return content_of(reader, disk.capacity_sectors);
}

}  // namespace vix::testing
