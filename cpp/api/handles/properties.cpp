#include "api/handles/properties.h"

#include <algorithm>

#include "api/handles/runtime.h"
#include "base/error.h"

namespace vix::api {
namespace {

PropertyValue integer(std::int64_t value) {
    return value;
}

[[noreturn]] void throw_unrecognized(int id, const char* kind) {
    throw Error{VIX_E_UNRECOGNIZED_PROPERTY,
                std::string{kind} + " handle has no property " + std::to_string(id)};
}

// Always a single bit, because callers compare the whole mask with ==.
int power_state_bits(vm::PowerState state) {
    switch (state) {
        case vm::PowerState::Off:
            return VIX_POWERSTATE_POWERED_OFF;
        case vm::PowerState::Suspended:
            return VIX_POWERSTATE_SUSPENDED;
        case vm::PowerState::Running:
            return VIX_POWERSTATE_POWERED_ON;
        case vm::PowerState::Paused:
            return VIX_POWERSTATE_PAUSED;
    }
    return VIX_POWERSTATE_POWERED_OFF;
}

// Installing tools is not supported, so its bit is never set.
int supported_features(const VmObject& vm) {
    int features = 0;
    const auto add = [&](host::Operation operation, int bit) {
        if (host::supports(vm.provider(), operation)) features |= bit;
    };
    add(host::Operation::ShareFolders, VIX_VM_SUPPORT_SHARED_FOLDERS);
    add(host::Operation::SnapshotMachine, VIX_VM_SUPPORT_MULTIPLE_SNAPSHOTS);
    add(host::Operation::UpgradeHardware, VIX_VM_SUPPORT_HARDWARE_UPGRADE);
    return features;
}

// A paused machine runs, too.
bool runs(const vm::Summary& summary) {
    return summary.power_state == vm::PowerState::Running ||
           summary.power_state == vm::PowerState::Paused;
}

[[noreturn]] void throw_no_guest(const vm::Summary& summary) {
    if (runs(summary)) {
        throw Error{VIX_E_TOOLS_NOT_RUNNING,
                    "only the guest's tools know the folder of its shares"};
    }
    throw Error{VIX_E_VM_NOT_RUNNING,
                "the folder of the shares in the guest is known only while the guest runs"};
}

}  // namespace

PropertyValue host_property(const HostObject& host, int id) {
    switch (id) {
        case VIX_PROPERTY_HOST_HOSTTYPE:
            return integer(static_cast<int>(host.provider()));
        case VIX_PROPERTY_HOST_API_VERSION:
            return integer(VIX_API_VERSION);
        case VIX_PROPERTY_HOST_SOFTWARE_VERSION:
            return std::string{kSoftwareVersion};
        default:
            throw_unrecognized(id, "a host");
    }
}

host::WantedFacts wanted_facts(const int* ids, std::size_t id_count) {
    const auto has = [&](int id) { return std::find(ids, ids + id_count, id) != ids + id_count; };
    return {has(VIX_PROPERTY_VM_POWER_STATE), has(VIX_PROPERTY_VM_TOOLS_STATE)};
}

PropertyValue vm_property(const VmObject& vm, const host::MachineFacts& facts, int id) {
    const vm::Summary& summary = facts.summary;
    switch (id) {
        case VIX_PROPERTY_VM_NUM_VCPUS:
            return integer(summary.cpu_count);
        case VIX_PROPERTY_VM_VMX_PATHNAME:
            return vm.machine().name();
        case VIX_PROPERTY_VM_VMTEAM_PATHNAME:
            return std::string{};  // Workstation 8 removed teams
        case VIX_PROPERTY_VM_MEMORY_SIZE:
            return integer(summary.memory_mb);
        case VIX_PROPERTY_VM_READ_ONLY:
            return summary.read_only;
        case VIX_PROPERTY_VM_NAME:
            return summary.display_name;
        case VIX_PROPERTY_VM_GUESTOS:
            return summary.guest_os;
        case VIX_PROPERTY_VM_POWER_STATE:
            return integer(power_state_bits(summary.power_state));
        case VIX_PROPERTY_VM_TOOLS_STATE:
            // A guest that does not answer may have tools and still be starting.
            return integer(facts.tools_answer ? VIX_TOOLSSTATE_RUNNING : VIX_TOOLSSTATE_UNKNOWN);
        case VIX_PROPERTY_VM_IS_RUNNING:
            return runs(summary);
        case VIX_PROPERTY_VM_SUPPORTED_FEATURES:
            return integer(supported_features(vm));
        case VIX_PROPERTY_VM_IN_VMTEAM:
        case VIX_PROPERTY_VM_SSL_ERROR:  // a local machine has no network in between
        case VIX_PROPERTY_VM_IS_RECORDING:
        case VIX_PROPERTY_VM_IS_REPLAYING:
            return false;
        case VIX_PROPERTY_GUEST_SHAREDFOLDERS_SHARES_PATH:
            throw_no_guest(summary);
        default:
            throw_unrecognized(id, "a virtual machine");
    }
}

PropertyValue snapshot_property(const host::SnapshotInfo& snapshot, vm::PowerState then, int id) {
    switch (id) {
        case VIX_PROPERTY_SNAPSHOT_DISPLAYNAME:
            return snapshot.display_name;
        case VIX_PROPERTY_SNAPSHOT_DESCRIPTION:
            return snapshot.description;
        case VIX_PROPERTY_SNAPSHOT_POWERSTATE:
            return integer(power_state_bits(then));
        case VIX_PROPERTY_SNAPSHOT_IS_REPLAYABLE:
            return false;
        default:
            throw_unrecognized(id, "a snapshot");
    }
}

PropertyValue list_property(const PropertyListObject& list, int id) {
    for (const auto& [known, value] : list.properties()) {
        if (known == id) return value;
    }
    throw Error{VIX_E_UNRECOGNIZED_PROPERTY,
                "the property list has no property " + std::to_string(id)};
}

}  // namespace vix::api
