#include "testing/machines/family.h"

#include <boost/filesystem/directory.hpp>
#include <boost/filesystem/operations.hpp>
#include <cstdio>
#include <set>
#include <stdexcept>

#include "base/error.h"
#include "format/vmdk/descriptor.h"
#include "testing/disks/extents.h"
#include "testing/disks/hosted_image.h"
#include "vm/disks/chain_reader.h"
#include "vm/snapshots/machine_state.h"
#include "vm/snapshots/snapshot_tree.h"

namespace vix::testing {
namespace {

using io::FileIdentity;

// Defaults: disks are found only through the machine's folder and its own texts.
const vm::Settings& settings() {
    static const vm::Settings all;
    return all;
}

std::string content_of_disk(const vm::Disk& disk) {
    vm::ChainReader reader{disk, settings()};
    return content_of(reader, disk.capacity_sectors);
}

vm::Disk open_device(const vm::DiskDevice& device, const vm::Machine& config) {
    const fs::path path = config.find_disk(device);
    return vm::open_disk(path, config.search_folders(), settings());
}

DiskContents contents_of(const std::vector<vm::DiskDevice>& devices, const vm::Machine& config) {
    DiskContents contents;
    for (const vm::DiskDevice& device : devices) {
        contents[device.node] = content_of_disk(open_device(device, config));
    }
    return contents;
}

fs::path path_of_present(const fs::path& vmx, const std::string& node) {
    const vm::Machine config = vm::Machine::open(vmx, settings());
    for (const vm::DiskDevice& device : config.disks()) {
        if (device.node == node) return config.find_disk(device);
    }
    throw std::runtime_error{vmx.string() + " has no disk at " + node};
}

// Finds the tables through the header's fields, and changes both copies.
void write_sparse_grain(const fs::path& extent, std::uint64_t grain, const std::string& bytes) {
    Image image = read_file(extent);
    image.resize((image.size() + kGrain * kSector - 1) / (kGrain * kSector) * (kGrain * kSector));
    std::uint64_t place = 0;
    for (const auto field : {HostedField::kDirectory, HostedField::kRedundantDirectory}) {
        const std::uint64_t directory = get64(image, field) * kSector;
        const std::uint64_t table = get32(image, directory + grain / 512 * 4) * kSector;
        const std::uint64_t entry = table + grain % 512 * 4;
        if (place == 0) place = get32(image, entry);
        if (place <= 1) place = image.size() / kSector;
        put32(image, entry, place);
    }
    put_bytes(image, place * kSector, bytes);
    write_file(extent, image);
}

void write_flat(const fs::path& extent, std::uint64_t offset, const std::string& bytes) {
    Image image = read_file(extent);
    const std::size_t size = image.size();
    put_bytes(image, offset, bytes);
    image.resize(size);  // the last grain of a disk may be truncated
    write_file(extent, image);
}

void give_new_content_id(const fs::path& disk) {
    static std::uint32_t next = 0x5EED0001;
    std::string bytes = read_file(disk);
    const auto line = bytes.find("\nCID=");
    if (line == std::string::npos) throw std::runtime_error{disk.string() + " has no CID"};
    char text[9];
    std::snprintf(text, sizeof text, "%08x", next++);
    bytes.replace(line + 5, 8, text, 8);
    write_file(disk, bytes);
}

std::string text_of_descriptor(const fs::path& disk, bool& embedded) {
    std::string bytes = read_file(disk);
    embedded = bytes.substr(0, 4) == "KDMV";
    if (!embedded) return bytes;
    const std::uint64_t begin = get64(bytes, HostedField::kDescriptorOffset) * kSector;
    return bytes.substr(begin, get64(bytes, HostedField::kDescriptorSize) * kSector);
}

// Collects all machines below a folder and their faults.
class Judge {
  public:
    void look_at(const fs::path& vmx) {
        try {
            const vm::Machine config = vm::Machine::open(vmx, settings());
            add_present(config);
            const auto tree = vm::SnapshotTree::read(vm::snapshot_list_path(vmx));
            for (const vm::Snapshot& snapshot : tree.snapshots()) add_frozen(config, snapshot);
        } catch (const Error& error) {
            complain(vmx.string() + ": " + error.detail());
        }
    }

    std::string faults() {
        for (const auto& [id, path] : present_) {
            const auto dependent = needed_by_.find(id);
            if (dependent == needed_by_.end()) continue;
            complain(path + " is a current disk, but " + dependent->second + " depends on it");
        }
        return faults_;
    }

  private:
    void complain(const std::string& fault) { faults_ += (faults_.empty() ? "" : "; ") + fault; }

    void add_present(const vm::Machine& config) {
        for (const vm::DiskDevice& device : config.disks()) {
            const vm::Disk disk = open_device(device, config);
            content_of_disk(disk);
            check_names(disk);
            present_[disk.chain.front().identity] = disk.chain.front().path.string();
            for (std::size_t i = 1; i < disk.chain.size(); ++i) {
                needed_by_[disk.chain[i].identity] = disk.chain.front().path.string();
            }
        }
    }

    void add_frozen(const vm::Machine& config, const vm::Snapshot& snapshot) {
        const std::string name = "snapshot " + std::to_string(snapshot.uid);
        static_cast<void>(vm::state_of_snapshot(config, snapshot));
        for (const vm::SnapshotDisk& frozen : snapshot.disks) {
            const vm::Disk disk = open_device({frozen.node, frozen.file}, config);
            content_of_disk(disk);
            check_names(disk);
            for (const vm::DiskLink& link : disk.chain) needed_by_[link.identity] = name;
        }
    }

    // An embedded descriptor must name the file that contains it.
    void check_names(const vm::Disk& disk) {
        for (const vm::DiskLink& link : disk.chain) {
            const std::string& name = link.descriptor.extents.front().name;
            if (!link.embedded || name == link.path.filename().string()) continue;
            complain(link.path.string() + " calls itself " + name);
        }
    }

    std::map<FileIdentity, std::string> present_;
    std::map<FileIdentity, std::string> needed_by_;
    std::string faults_;
};

bool in_staging(const fs::path& path) {
    return path.string().find("/.vix-staging") != std::string::npos;
}

}  // namespace

DiskContents present_contents(const fs::path& vmx) {
    const vm::Machine config = vm::Machine::open(vmx, settings());
    return contents_of(config.disks(), config);
}

DiskContents snapshot_contents(const fs::path& vmx, int uid) {
    const vm::Machine config = vm::Machine::open(vmx, settings());
    const auto tree = vm::SnapshotTree::read(vm::snapshot_list_path(vmx));
    const vm::Snapshot* snapshot = tree.find(uid);
    if (snapshot == nullptr) throw std::runtime_error{"no snapshot " + std::to_string(uid)};
    return contents_of(vm::state_of_snapshot(config, *snapshot).disks, config);
}

std::string disk_content_at(const fs::path& disk) {
    return content_of_disk(vm::open_disk(disk, {}, settings()));
}

std::string present_disk(const fs::path& vmx, const std::string& node) {
    return path_of_present(vmx, node).filename().string();
}

void guest_writes(const fs::path& vmx, const std::string& node, std::uint64_t sector, char fill) {
    const fs::path disk = path_of_present(vmx, node);
    bool embedded = false;
    const auto descriptor =
        format::vmdk::parse_descriptor(text_of_descriptor(disk, embedded), disk.string());
    std::uint64_t begin = 0;
    for (const auto& line : descriptor.extents) {
        const std::uint64_t within = sector - begin;
        begin += line.sectors;
        if (sector >= begin) continue;
        const fs::path extent = embedded ? disk : disk.parent_path() / line.name;
        // NOLINTNEXTLINE(readability-suspicious-call-argument): the one is the first of the others
        const std::string bytes = content(fill, sector, kGrain);
        if (line.type == format::vmdk::ExtentType::Sparse) {
            if (within % kGrain != 0) throw std::runtime_error{"no grain begins there"};
            write_sparse_grain(extent, within / kGrain, bytes);
        } else {
            write_flat(extent, (line.offset_sectors + within) * kSector, bytes);
        }
        break;
    }
    give_new_content_id(disk);
}

void put_grain(DiskContents& contents, const std::string& node, std::uint64_t sector, char fill) {
    // NOLINTNEXTLINE(readability-suspicious-call-argument): the one is the first of the others
    put_bytes(contents.at(node), sector * kSector, content(fill, sector, kGrain));
}

std::string broken_ties(const fs::path& root) {
    Judge judge;
    std::set<fs::path> machines;
    for (const auto& entry : fs::recursive_directory_iterator{root}) {
        const fs::path& path = entry.path();
        if (path.extension() == ".vmx" && !in_staging(path)) machines.insert(path);
    }
    for (const fs::path& vmx : machines) judge.look_at(vmx);
    return judge.faults();
}

std::map<std::string, std::string> tree_without_locks(const fs::path& folder) {
    auto tree = tree_of(folder);
    std::erase_if(tree,
                  [](const auto& entry) { return entry.first.find(".lck/") != std::string::npos; });
    return tree;
}

}  // namespace vix::testing
