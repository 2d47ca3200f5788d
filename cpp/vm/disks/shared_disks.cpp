#include "vm/disks/shared_disks.h"

#include "base/text.h"

namespace vix::vm {
namespace {

constexpr int kScsiControllers = 4;

std::optional<std::string> setting(const Config& machine, const std::string& key) {
    const auto value = machine.find(key);
    if (!value) return std::nullopt;
    return key + " = \"" + *value + '"';
}

// Any value except "none" counts: an unknown value may also share the bus.
std::optional<std::string> sharing_of_bus(const Config& machine, const std::string& controller) {
    const std::string value{trim(machine.find(controller + ".sharedBus").value_or(""))};
    if (value.empty() || equal_ignoring_case(value, "none")) return std::nullopt;
    return setting(machine, controller + ".sharedBus");
}

}  // namespace

std::optional<std::string> sharing_of(const Config& machine, const DiskDevice& device) {
    const std::string& node = device.node;
    if (auto bus = sharing_of_bus(machine, node.substr(0, node.find(':')))) return bus;
    if (machine.is_true(node + ".shared")) return setting(machine, node + ".shared");
    const std::string sharing = machine.find(node + ".sharing").value_or("");
    if (equal_ignoring_case(trim(sharing), "multi-writer")) {
        return setting(machine, node + ".sharing");
    }
    return std::nullopt;
}

std::optional<std::string> what_forbids_snapshots(const Config& machine) {
    for (int i = 0; i < kScsiControllers; ++i) {
        const std::string controller = "scsi" + std::to_string(i);
        if (!machine.is_true(controller + ".present")) continue;
        if (auto bus = sharing_of_bus(machine, controller)) return bus;
    }
    for (const DiskDevice& device : machine.disks()) {
        if (device.independent) continue;
        if (auto sharing = sharing_of(machine, device)) return sharing;
    }
    return std::nullopt;
}

std::optional<std::string> what_offers_disks(const Config& machine) {
    for (const DiskDevice& device : machine.disks()) {
        if (auto sharing = sharing_of(machine, device)) return sharing;
    }
    const std::string locking{trim(machine.find("disk.locking").value_or(""))};
    return equal_ignoring_case(locking, "FALSE") ? setting(machine, "disk.locking") : std::nullopt;
}

}  // namespace vix::vm
