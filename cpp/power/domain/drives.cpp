#include "power/domain/drives.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/text.h"

namespace vix::power {
namespace {

constexpr std::string_view kPresent = ".present";
constexpr int kControllers = 4;  // of each kind
constexpr int kIdeControllers = 2;
constexpr int kIdeUnits = 2;
constexpr int kScsiUnits = 16;
constexpr int kPvscsiUnits = 65;  // 64 disks, and the adapter
constexpr int kSataUnits = 30;
constexpr int kNvmeUnits = 64;
constexpr int kNoNumber = 1000;  // larger than any number in VMware's products

[[noreturn]] void refuse(const vm::Config& machine, const std::string& why) {
    throw Error{VIX_E_CANNOT_POWER_ON_VM, machine.path().string() + " cannot be started: " + why};
}

Bus bus_of(const std::string& node) {
    if (starts_with_ignoring_case(node, "ide")) return Bus::Ide;
    if (starts_with_ignoring_case(node, "sata")) return Bus::Sata;
    if (starts_with_ignoring_case(node, "nvme")) return Bus::Nvme;
    return Bus::Scsi;
}

// Returns "scsi0:0" for "scsi0:0.present"; disk_node_of() checks the form of the node.
std::optional<std::string> node_of_present(const std::string& key) {
    if (key.size() <= kPresent.size()) return std::nullopt;
    const std::string node = key.substr(0, key.size() - kPresent.size());
    if (!equal_ignoring_case(key.substr(node.size()), kPresent)) return std::nullopt;
    return vm::disk_node_of(node + ".fileName");
}

// VMware writes no leading zeros. A number with some counts as out of range, because it would be a
// second name for the same place.
int number_of(std::string_view digits) {
    const bool plain = digits.size() == 1 || !digits.starts_with('0');
    const auto value = parse_number(digits);
    return plain && value && *value < kNoNumber ? static_cast<int>(*value) : kNoNumber;
}

Drive drive_at(const std::string& node) {
    Drive drive;
    drive.node = to_lower(node);
    const auto digits = drive.node.find_first_of("0123456789");
    const auto colon = drive.node.find(':');
    drive.bus = bus_of(drive.node);
    drive.controller = number_of(std::string_view{drive.node}.substr(digits, colon - digits));
    drive.unit = number_of(std::string_view{drive.node}.substr(colon + 1));
    return drive;
}

// Why the bus has no such place; empty if it has.
std::string missing_place(const vm::Config& machine, const Drive& drive) {
    const int controllers = drive.bus == Bus::Ide ? kIdeControllers : kControllers;
    if (drive.controller >= controllers) {
        return "the last controller of its kind is number " + std::to_string(controllers - 1);
    }
    int units = kIdeUnits;
    if (drive.bus == Bus::Sata) units = kSataUnits;
    if (drive.bus == Bus::Nvme) units = kNvmeUnits;
    if (drive.bus == Bus::Scsi) {
        const bool many = scsi_adapter(machine, drive.controller) == ScsiAdapter::Pvscsi;
        units = many ? kPvscsiUnits : kScsiUnits;
        if (drive.unit == kScsiAdapterUnit) return "unit 7 of a SCSI bus is the adapter itself";
    }
    if (drive.unit < units) return {};
    return "the last unit of its controller is number " + std::to_string(units - 1);
}

bool is_connected(const vm::Config& machine, const std::string& node) {
    return !equal_ignoring_case(machine.find(node + ".startConnected").value_or(""), "FALSE");
}

vm::NamedFile file_of(const vm::Config& machine, const std::string& node) {
    const std::string key = node + ".fileName";
    return {machine.find(key).value_or(""), machine.dictionary().find_bytes(key).value_or("")};
}

// A drive without an image maps to a drive of the host. With "auto detect" as its name, the host
// decides which one.
void read_removable(const vm::Config& machine, const std::string& node, bool image, Drive& drive) {
    drive.file = file_of(machine, node);
    drive.medium = image ? Drive::Medium::Image : Drive::Medium::HostDevice;
    if (image && drive.file.name.empty()) drive.medium = Drive::Medium::None;
    drive.connected = is_connected(machine, node);
}

Drive disk_at(const vm::Config& machine, const std::string& node) {
    Drive drive = drive_at(node);
    const std::string missing = missing_place(machine, drive);
    if (!missing.empty()) {
        refuse(machine, "its disk " + drive.node + " has no place: " + missing +
                            ". Give the disk another node in the .vmx");
    }
    drive.file = file_of(machine, node);
    const std::string mode = to_lower(machine.find(node + ".mode").value_or(""));
    drive.discards_writes = mode == "independent-nonpersistent" || mode == "nonpersistent";
    return drive;
}

// A present device that vm::Config does not count as a disk; nothing if it is left out.
std::optional<Drive> other_device_at(const vm::Config& machine, const std::string& node,
                                     std::vector<std::string>& notes) {
    Drive drive = drive_at(node);
    const std::string type = to_lower(machine.find(node + ".deviceType").value_or(""));
    if (type.starts_with("scsi-pass")) {
        notes.push_back(drive.node + " is left out, because devices of the type \"" + type +
                        "\" are not supported");
        return std::nullopt;
    }
    if (type.find("cdrom") == std::string::npos) {
        refuse(machine, drive.node + " is present, but " + drive.node +
                            ".fileName names no disk. If there is none, set " + drive.node +
                            ".present = \"FALSE\"");
    }
    const std::string missing = missing_place(machine, drive);
    if (!missing.empty()) {
        notes.push_back(drive.node + " is left out, because it has no place: " + missing);
        return std::nullopt;
    }
    drive.kind = Drive::Kind::Cd;
    read_removable(machine, node, type == "cdrom-image", drive);
    return drive;
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

auto place_of(const Drive& drive) {
    return std::tie(drive.bus, drive.controller, drive.unit);
}

}  // namespace

ScsiAdapter scsi_adapter(const vm::Config& machine, int number) {
    const std::string key = "scsi" + std::to_string(number) + ".virtualDev";
    const std::string model = to_lower(machine.find(key).value_or(""));
    if (model.empty() || model == "buslogic") return ScsiAdapter::BusLogic;
    if (model == "lsilogic") return ScsiAdapter::LsiLogic;
    if (model == "lsisas1068") return ScsiAdapter::LsiSas;
    if (model == "pvscsi") return ScsiAdapter::Pvscsi;
    refuse(machine, key + " = \"" + model +
                        "\" is not a supported adapter (buslogic, lsilogic, lsisas1068, pvscsi)");
}

std::vector<Drive> drives_of(const vm::Config& machine, std::vector<std::string>& notes) {
    std::vector<Drive> found;
    std::set<std::string> known;
    for (const vm::DiskDevice& disk : machine.disks()) {
        known.insert(to_lower(disk.node));
        found.push_back(disk_at(machine, disk.node));
    }
    for (const auto& [key, value] : machine.dictionary().entries()) {
        const auto node = node_of_present(key);
        if (!node || !machine.is_attached(*node)) continue;
        if (!known.insert(to_lower(*node)).second) continue;
        if (const auto drive = other_device_at(machine, *node, notes)) found.push_back(*drive);
    }
    std::sort(found.begin(), found.end(),
              [](const Drive& a, const Drive& b) { return place_of(a) < place_of(b); });
    for (Drive& drive : floppies_of(machine)) found.push_back(std::move(drive));
    return found;
}

}  // namespace vix::power
