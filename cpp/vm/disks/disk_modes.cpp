#include "vm/disks/disk_modes.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace fs = boost::filesystem;

namespace vix::vm {
namespace {

constexpr std::string_view kNonpersistent[] = {"nonpersistent", "independent-nonpersistent"};
constexpr std::string_view kPersistent[] = {"", "persistent", "independent-persistent"};

std::string mode_of(const Config& machine, const DiskDevice& device) {
    return std::string{trim(machine.find(device.node + ".mode").value_or(""))};
}

template <std::size_t N>
bool is_among(const std::string& mode, const std::string_view (&modes)[N]) {
    return std::any_of(std::begin(modes), std::end(modes),
                       [&](std::string_view known) { return equal_ignoring_case(mode, known); });
}

}  // namespace

void refuse_unknown_modes(const Config& machine) {
    for (const DiskDevice& device : machine.disks()) {
        const std::string mode = mode_of(machine, device);
        if (is_among(mode, kPersistent) || is_among(mode, kNonpersistent)) continue;
        throw Error{VIX_E_NOT_SUPPORTED,
                    machine.path().string() + ": " + device.node + ".mode = \"" + mode +
                        "\" is not supported. Set it to \"persistent\", and take a snapshot before "
                        "changes that you may want to discard"};
    }
}

void refuse_redo_logs(const Machine& machine) {
    for (const DiskDevice& device : machine.disks()) {
        if (is_among(mode_of(machine, device), kNonpersistent)) continue;
        const std::string key = device.node + ".redo";
        const std::string name = machine.find(key).value_or("");
        if (name.empty()) continue;
        const auto log =
            machine.find_file({name, machine.dictionary().find_bytes(key).value_or("")});
        if (!log) continue;
        throw Error{VIX_E_DISK_NOTSUPPORTED,
                    machine.path().string() + ": " + key + " names " + log->string() +
                        ", a redo log with data that the guest wrote to " + device.file.name +
                        ". Commit or discard it with the product that made it"};
    }
}

}  // namespace vix::vm
