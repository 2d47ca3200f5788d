#include "power/drives.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/text.h"

namespace vix::power {
namespace {

constexpr std::string_view kPresent = ".present";
constexpr int kFloppies = 2;

Bus bus_of(const std::string& node) {
    if (starts_with_ignoring_case(node, "ide")) return Bus::Ide;
    if (starts_with_ignoring_case(node, "sata")) return Bus::Sata;
    if (starts_with_ignoring_case(node, "nvme")) return Bus::Nvme;
    return Bus::Scsi;
}

// "scsi0:0" of "scsi0:0.present"; disk_node_of() knows what a node looks like.
std::optional<std::string> node_of_present(const std::string& key) {
    if (key.size() <= kPresent.size()) return std::nullopt;
    const std::string node = key.substr(0, key.size() - kPresent.size());
    if (!equal_ignoring_case(key.substr(node.size()), kPresent)) return std::nullopt;
    return vm::disk_node_of(node + ".fileName");
}

void read_place(const std::string& node, Drive& drive) {
    const auto digits = node.find_first_of("0123456789");
    const auto colon = node.find(':');
    // Longer numbers than any product has are the same to us: out of range.
    const auto number = [&](std::size_t begin, std::size_t length) {
        const auto value = parse_number(node.substr(begin, length));
        return value && *value < 1000 ? static_cast<int>(*value) : 1000;
    };
    drive.bus = bus_of(node);
    drive.controller = number(digits, colon - digits);
    drive.unit = number(colon + 1, std::string::npos);
}

bool is_out_of_range(const Drive& drive) {
    switch (drive.bus) {
        case Bus::Ide:
            return drive.controller > 1 || drive.unit > 1;
        case Bus::Scsi:
            return drive.controller > 3 || drive.unit > 15;
        default:
            return drive.controller > 3 || drive.unit > 29;
    }
}

bool is_connected(const vm::Config& machine, const std::string& node) {
    return !equal_ignoring_case(machine.find(node + ".startConnected").value_or(""), "FALSE");
}

vm::NamedFile file_of(const vm::Config& machine, const std::string& node) {
    const std::string key = node + ".fileName";
    return {machine.find(key).value_or(""), machine.dictionary().find_bytes(key).value_or("")};
}

// A drive of the host's: which one is for the host to say where it is "auto detect".
void read_removable(const vm::Config& machine, const std::string& node, bool image, Drive& drive) {
    drive.file = file_of(machine, node);
    drive.medium = image ? Drive::Medium::Image : Drive::Medium::HostDevice;
    const bool nothing = image && drive.file.name.empty();
    if (nothing || !is_connected(machine, node)) drive.medium = Drive::Medium::None;
}

void read_disk(const vm::Config& machine, Drive& drive) {
    drive.file = file_of(machine, drive.node);
    const std::string mode = to_lower(machine.find(drive.node + ".mode").value_or(""));
    drive.discards_writes = mode == "independent-nonpersistent" || mode == "nonpersistent";
}

std::vector<Drive> floppies_of(const vm::Config& machine) {
    std::vector<Drive> found;
    for (int i = 0; i < kFloppies; ++i) {
        Drive drive;
        drive.node = "floppy" + std::to_string(i);
        drive.bus = Bus::Floppy;
        drive.kind = Drive::Kind::Floppy;
        drive.unit = i;
        if (!machine.is_true(drive.node + ".present")) continue;
        const std::string type = machine.find(drive.node + ".fileType").value_or("");
        read_removable(machine, drive.node, equal_ignoring_case(type, "file"), drive);
        found.push_back(drive);
    }
    return found;
}

}  // namespace

std::vector<Drive> drives_of(const vm::Config& machine, std::vector<std::string>& notes) {
    std::set<std::string> disks;
    for (const vm::DiskDevice& disk : machine.disks()) disks.insert(to_lower(disk.node));
    std::vector<Drive> found;
    std::set<std::string> known;
    for (const auto& [key, value] : machine.dictionary().entries()) {
        const auto node = node_of_present(key);
        if (!node || !machine.is_attached(*node) || !known.insert(to_lower(*node)).second) continue;
        Drive drive;
        drive.node = to_lower(*node);
        read_place(drive.node, drive);
        const std::string type = to_lower(machine.find(*node + ".deviceType").value_or(""));
        if (is_out_of_range(drive)) {
            notes.push_back(drive.node + " is left out: there is no such place on its bus");
            continue;
        }
        if (type.find("cdrom") != std::string::npos) {
            drive.kind = Drive::Kind::Cd;
            read_removable(machine, *node, type == "cdrom-image", drive);
        } else if (disks.contains(drive.node)) {
            read_disk(machine, drive);
        } else {
            notes.push_back(drive.node + " is left out: a device of the type \"" + type + '"');
            continue;
        }
        found.push_back(drive);
    }
    std::sort(found.begin(), found.end(), [](const Drive& a, const Drive& b) {
        return std::tie(a.bus, a.controller, a.unit) < std::tie(b.bus, b.controller, b.unit);
    });
    for (Drive& drive : floppies_of(machine)) found.push_back(std::move(drive));
    return found;
}

}  // namespace vix::power
