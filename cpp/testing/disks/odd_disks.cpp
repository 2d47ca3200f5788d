#include "testing/disks/odd_disks.h"

#include <functional>

#include "testing/disks/esx_images.h"
#include "testing/disks/hosted_image.h"
#include "testing/disks/stream_image.h"
#include "testing/machines/machines.h"

namespace vix::testing {
namespace {

using Grains = std::map<std::uint64_t, char>;

const Grains kGrains{{0, 'a'}, {3, 'b'}, {7, 'c'}};
constexpr std::uint64_t kTables = 200000;  // sectors: three tables and a part of a fourth

HostedImage hosted(std::uint64_t capacity = 66000) {
    HostedImage image;
    image.capacity = capacity;
    image.grains = kGrains;
    return image;
}

// Tables of the usual size take a disk of a hundred megabytes.
HostedImage with_several_small_tables() {
    HostedImage image = hosted(kTables / 4);
    image.entries_per_table = 128;
    return image;
}

DescriptorText text_of(const std::string& type, const std::vector<std::string>& extents) {
    DescriptorText text;
    text.create_type = type;
    text.extents = extents;
    return text;
}

std::string line_of(const std::string& kind, std::uint64_t sectors,
                    const std::string& name = "disk.vmdk") {
    return kind.substr(0, kind.find(' ')) + ' ' + std::to_string(sectors) +
           kind.substr(kind.find(' ')) + " \"" + name + '"';
}

std::string mono_text(std::uint64_t capacity) {
    return text_of("monolithicSparse", {line_of("RW SPARSE", capacity)}).text();
}

OddDisk write_mono(const fs::path& folder, HostedImage image,
                   const std::function<void(HostedImage&, Image&)>& change = {}) {
    if (image.descriptor.empty()) image.descriptor = mono_text(image.capacity);
    Image bytes = image.bytes();
    if (change) change(image, bytes);
    write_file(folder / "disk.vmdk", bytes);
    return {image.disk_content()};
}

OddDisk write_with_ids(const fs::path& folder, const std::string& ids, bool embedded) {
    const std::string usual = "CID=11111111\nparentCID=ffffffff\n";
    HostedImage image = hosted();
    const auto put_ids = [&](std::string text) {
        return text.replace(text.find(usual), usual.size(), ids);
    };
    if (embedded) {
        image.descriptor = put_ids(mono_text(image.capacity));
        return write_mono(folder, image);
    }
    write_file(folder / "disk-s001.vmdk", image.bytes());
    const auto line = line_of("RW SPARSE", image.capacity, "disk-s001.vmdk");
    write_file(folder / "disk.vmdk", put_ids(text_of("twoGbMaxExtentSparse", {line}).text()));
    return {image.disk_content()};
}

// Writes extents of these sizes; the first has grains of `first_grain` sectors.
OddDisk write_split(const fs::path& folder, const std::vector<std::uint64_t>& sizes,
                    std::uint64_t first_grain = 128, const std::string& stem = "disk") {
    OddDisk disk;
    std::vector<std::string> lines;
    for (const std::uint64_t size : sizes) {
        const std::string name = stem + "-s" + std::to_string(lines.size() + 1) + ".vmdk";
        HostedImage image = hosted(size);
        if (lines.empty()) image.grain_sectors = first_grain;
        std::erase_if(image.grains, [&](const auto& grain) {
            return (grain.first + 1) * image.grain_sectors > size;
        });
        write_file(folder / name, image.bytes());
        disk.content += image.disk_content();
        lines.push_back(line_of("RW SPARSE", size, name));
    }
    write_file(folder / "disk.vmdk", text_of("twoGbMaxExtentSparse", lines).text());
    disk.libvmdk_reads_it = first_grain == 128;
    return disk;
}

OddDisk write_flat(const fs::path& folder, const std::string& type, const std::string& kind,
                   std::uint64_t begin, const std::string& offset) {
    OddDisk disk{content('f', 0, 1024), begin == 0};
    write_file(folder / "disk-flat.vmdk", std::string(begin * kSector, '\0') + disk.content);
    write_file(folder / "disk.vmdk",
               text_of(type, {line_of(kind, 1024, "disk-flat.vmdk") + offset}).text());
    return disk;
}

OddDisk write_stream(const fs::path& folder, bool markers) {
    StreamImage image;
    image.capacity = 66000;
    image.grains = kGrains;
    image.markers = markers;
    image.descriptor = text_of("streamOptimized", {line_of("RDONLY SPARSE", 66000)}).text();
    write_file(folder / "disk.vmdk", image.bytes());
    return {image.disk_content()};
}

OddDisk write_lines(const fs::path& folder, const std::string& type, const std::string& second) {
    write_split(folder, {1024, 1024});
    const std::string content = hosted(1024).disk_content();
    write_file(folder / "disk.vmdk",
               text_of(type, {line_of("RW SPARSE", 1024, "disk-s1.vmdk"), second}).text());
    return {content + content};
}

void drop_tables(const HostedImage& image, Image& bytes, bool primary) {
    for (const std::uint64_t index : {1, 2}) {
        if (primary) put32(bytes, image.directory() * kSector + index * 4, 0);
        put32(bytes, image.redundant_directory() * kSector + index * 4, 0);
    }
}

}  // namespace

std::vector<OddDiskClass> writable_disk_classes() {
    return {
        {"MonolithicSparse", [](const fs::path& f) { return write_mono(f, hosted()); }},
        {"SeveralTables", [](const fs::path& f) { return write_mono(f, hosted(kTables)); }},
        {"CapacityWithinAGrain", [](const fs::path& f) { return write_mono(f, hosted(1000)); }},
        {"TablesMissing",
         [](const fs::path& f) {
             return write_mono(f, hosted(kTables),
                               [](auto& image, auto& bytes) { drop_tables(image, bytes, true); });
         }},
        {"TablesMissingAndZeroedGrains",
         [](const fs::path& f) {
             HostedImage image = with_several_small_tables();
             image.flags = 7;
             image.version = 2;
             OddDisk disk =
                 write_mono(f, image, [](auto& i, auto& bytes) { drop_tables(i, bytes, true); });
             disk.libvmdk_reads_it = false;
             return disk;
         }},
        {"RedundantTablesMissing",
         [](const fs::path& f) {
             return write_mono(f, with_several_small_tables(),
                               [](auto& image, auto& bytes) { drop_tables(image, bytes, false); });
         }},
        {"RedundantTableBehind",
         [](const fs::path& f) {
             return write_mono(f, hosted(), [](auto& image, auto& bytes) {
                 put32(bytes, image.redundant_entry(3), 0);
             });
         }},
        {"NoRedundantTables",
         [](const fs::path& f) {
             HostedImage image = hosted();
             image.flags = 1;
             return write_mono(f, image);
         }},
        {"OneDirectoryForBoth",
         [](const fs::path& f) {
             return write_mono(f, hosted(), [](auto& image, auto& bytes) {
                 put64(bytes, HostedField::kRedundantDirectory, image.directory());
             });
         }},
        {"ZeroedGrains",
         [](const fs::path& f) {
             HostedImage image = hosted();
             image.flags = 7;
             image.version = 2;
             image.zeroed_grains = {1, 2};
             OddDisk disk = write_mono(f, image);
             disk.libvmdk_reads_it = false;
             return disk;
         }},
        {"Version2",
         [](const fs::path& f) {
             HostedImage image = hosted();
             image.version = 2;
             return write_mono(f, image);
         }},
        {"Version3WithChangeTracking",
         [](const fs::path& f) {
             HostedImage image = hosted();
             image.version = 3;
             std::string text = mono_text(image.capacity);
             text.replace(text.find("version=1"), 9, "version=3");
             image.descriptor = text + "changeTrackPath=\"disk-ctk.vmdk\"\n";
             return write_mono(f, image);
         }},
        {"UncleanShutdown",
         [](const fs::path& f) {
             return write_mono(
                 f, hosted(), [](auto&, auto& bytes) { bytes[HostedField::kUncleanShutdown] = 1; });
         }},
        {"SmallGrains",
         [](const fs::path& f) {
             HostedImage image = hosted(20000);
             image.grain_sectors = 16;
             return write_mono(f, image);
         }},
        {"LargeGrains",
         [](const fs::path& f) {
             HostedImage image = hosted();
             image.grain_sectors = 2048;
             return write_mono(f, image);
         }},
        {"SmallTables",
         [](const fs::path& f) {
             HostedImage image = hosted();
             image.entries_per_table = 128;
             return write_mono(f, image);
         }},
        {"ALineBetweenTheIdsOfASplitDisk",
         [](const fs::path& f) {
             return write_with_ids(f, "CID=11111111\nddb.x = \"1\"\nparentCID=ffffffff\n", false);
         }},
        {"IdsTheOtherWayRoundInASplitDisk",
         [](const fs::path& f) {
             return write_with_ids(f, "parentCID=ffffffff\nCID = 11111111\n", false);
         }},
        {"NoIdInASplitDisk",
         [](const fs::path& f) { return write_with_ids(f, "parentCID=ffffffff\n", false); }},
        {"TwoGbMaxExtentSparse",
         [](const fs::path& f) {
             return write_split(f, {1024, 1024, 1000});
         }},
        {"GrainsOfTwoSizes",
         [](const fs::path& f) {
             return write_split(f, {1024, 1024}, 16);
         }},
        {"MonolithicFlat",
         [](const fs::path& f) { return write_flat(f, "monolithicFlat", "RW FLAT", 0, " 0"); }},
        {"FlatWithoutOffset",
         [](const fs::path& f) { return write_flat(f, "monolithicFlat", "RW FLAT", 0, ""); }},
        {"FlatBehindSomething",
         [](const fs::path& f) { return write_flat(f, "monolithicFlat", "RW FLAT", 63, " 63"); }},
        {"Vmfs", [](const fs::path& f) { return write_flat(f, "vmfs", "RW VMFS", 0, ""); }},
    };
}

std::vector<OddDiskClass> readable_disk_classes() {
    return {
        {"StreamOptimized", [](const fs::path& f) { return write_stream(f, true); }},
        {"EsxRedoLog",
         [](const fs::path& f) {
             CowdImage image;
             image.sectors = {{0, 'a'}, {5, 'b'}, {6000, 'c'}};
             write_file(f / "disk-delta.vmdk", image.bytes());
             const auto line = line_of("RW VMFSSPARSE", image.capacity, "disk-delta.vmdk");
             write_file(f / "disk.vmdk", text_of("vmfsSparse", {line}).text());
             std::string disk(image.capacity * kSector, '\0');
             for (const auto& [sector, fill] : image.sectors) {
                 put_bytes(disk, sector * kSector, content(fill, sector, 1));
             }
             return OddDisk{disk};
         }},
        {"EsxSpaceEfficient",
         [](const fs::path& f) {
             SeSparseImage image;
             image.grains = {{0, 'a'}, {5, 'b'}, {5000, 'c'}};
             image.zeroed = {7};
             image.unmapped = {8};
             write_file(f / "disk-sesparse.vmdk", image.bytes());
             const auto line = line_of("RW SESPARSE", image.capacity, "disk-sesparse.vmdk");
             write_file(f / "disk.vmdk", text_of("seSparse", {line}).text());
             std::string disk(image.capacity * kSector, '\0');
             for (const auto& [grain, fill] : image.grains) {
                 put_bytes(disk, grain * 8 * kSector, content(fill, grain * 8, 8));
             }
             return OddDisk{disk};
         }},
        {"DescriptorThatFillsItsPlace",
         [](const fs::path& f) {
             HostedImage image = hosted();
             image.descriptor = mono_text(image.capacity);
             image.descriptor += "ddb.comment = \"" +
                                 std::string(20 * kSector - 20 - image.descriptor.size(), 'x') +
                                 "\"\n";
             return write_mono(f, image);
         }},
        {"ALineBetweenEmbeddedIds",
         [](const fs::path& f) {
             return write_with_ids(f, "CID=11111111\nddb.x = \"1\"\nparentCID=ffffffff\n", true);
         }},
        {"OneFileForTwoExtents",
         [](const fs::path& f) {
             OddDisk disk{content('f', 0, 1024)};
             write_file(f / "flat.vmdk", disk.content);
             write_file(f / "disk.vmdk",
                        text_of("twoGbMaxExtentFlat",
                                {"RW 600 FLAT \"flat.vmdk\" 0", "RW 424 FLAT \"flat.vmdk\" 600"})
                            .text());
             return disk;
         }},
    };
}

std::vector<OddDiskClass> unreadable_disk_classes() {
    return {
        {"ShortExtentWithin",
         [](const fs::path& f) {
             return write_split(f, {1000, 1024});
         }},
        {"HeaderOfAnotherSize",
         [](const fs::path& f) {
             return write_mono(f, hosted(), [](auto& image, auto& bytes) {
                 put64(bytes, HostedField::kCapacity, image.capacity + 48);
             });
         }},
        {"LargeTables",
         [](const fs::path& f) {
             HostedImage image = hosted();
             image.entries_per_table = 1024;
             return write_mono(f, image);
         }},
        {"DamagedTable",
         [](const fs::path& f) {
             return write_mono(f, hosted(), [](auto& image, auto& bytes) {
                 put32(bytes, image.entry(3), 0x7FFFFFFF);
             });
         }},
        {"RedundantDirectoryOutsideTheFile",
         [](const fs::path& f) {
             return write_mono(f, hosted(), [](auto&, auto& bytes) {
                 put64(bytes, HostedField::kRedundantDirectory, 99999999);
             });
         }},
        {"EmbeddedIdsTheOtherWayRound",
         [](const fs::path& f) {
             return write_with_ids(f, "parentCID=ffffffff\nCID=11111111\n", true);
         }},
        {"StreamWithoutMarkers", [](const fs::path& f) { return write_stream(f, false); }},
        {"ReadOnlyExtent",
         [](const fs::path& f) {
             return write_lines(f, "twoGbMaxExtentSparse",
                                line_of("RDONLY SPARSE", 1024, "disk-s2.vmdk"));
         }},
        {"ZeroExtent",
         [](const fs::path& f) {
             OddDisk disk = write_lines(f, "twoGbMaxExtentSparse", "RW 1024 ZERO");
             disk.content.replace(1024 * kSector, std::string::npos, 1024 * kSector, '\0');
             return disk;
         }},
        {"Custom",
         [](const fs::path& f) {
             return write_lines(f, "custom", line_of("RW SPARSE", 1024, "disk-s2.vmdk"));
         }},
        {"AnotherSpelling",
         [](const fs::path& f) {
             return write_lines(f, "2GbMaxExtentSparse",
                                line_of("RW SPARSE", 1024, "disk-s2.vmdk"));
         }},
        {"VmfsThin", [](const fs::path& f) { return write_flat(f, "vmfsThin", "RW VMFS", 0, ""); }},
    };
}

void write_child_of_disk(const fs::path& folder, std::uint64_t sectors) {
    DescriptorText text;
    text.cid = 0x22222222;
    text.parent_cid = 0x11111111;
    text.parent_hint = "disk.vmdk";
    text.extents = {line_of("RW SPARSE", sectors, "top.vmdk")};
    HostedImage image;
    image.capacity = sectors;
    image.descriptor = text.text();
    write_file(folder / "top.vmdk", image.bytes());
}

}  // namespace vix::testing
