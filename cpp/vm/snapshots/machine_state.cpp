#include "vm/snapshots/machine_state.h"

#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "base/text.h"
#include "format/vmsn.h"

namespace fs = boost::filesystem;

namespace vix::vm {
namespace {

constexpr std::string_view kNvramMagic = "MRVN";
constexpr std::string_view kEncryptedMagic{"\x9e\xdd\x43\x89"};  // of an encrypted machine's
constexpr std::uint64_t kNvramLimit = std::uint64_t{16} << 20;   // Windows 11's has some MiB
constexpr std::uint64_t kFirmwareLimit = std::uint64_t{64} << 20;
constexpr std::uint64_t kVmxfLimit = std::uint64_t{1} << 20;

bool is_in_folder(const fs::path& path, const fs::path& folder) {
    return fs::canonical(path.parent_path()) == fs::canonical(folder);
}

// The key can name any file of the host. A file outside the machine's folder must at least be an
// nvram.
void read_nvram(const Machine& machine, MachineState& state) {
    const auto path = machine.companion("nvram", ".nvram");
    if (!path) return;
    const io::File file = io::File::open(*path, io::Links::Refuse);
    const auto refuse = [&] {
        return Error{VIX_E_FILE_ACCESS_ERROR,
                     path->string() + " is set as the machine's nvram, but is not an nvram file"};
    };
    if (file.size() > kNvramLimit) throw refuse();
    std::string bytes = io::read_text(file, kNvramLimit);
    const bool is_nvram =
        bytes.starts_with(kNvramMagic) ||
        (machine.encryption() == Encryption::Partial && bytes.starts_with(kEncryptedMagic));
    if (!is_nvram && !is_in_folder(*path, machine.folder())) throw refuse();
    state.nvram = std::move(bytes);
    state.nvram_permissions = file.permissions();
}

// The firmware sets the size of the file, some hundred KiB.
std::optional<std::string> read_firmware_variables(const fs::path& vmx_or_vmsn) {
    const fs::path path = firmware_variables_path(vmx_or_vmsn);
    if (!fs::exists(fs::symlink_status(path))) return std::nullopt;
    return io::read_text(path, kFirmwareLimit, io::Links::Refuse);
}

std::string read_vmxf(const Machine& machine) {
    const auto path = machine.companion("extendedConfigFile", ".vmxf");
    if (!path || !is_in_folder(*path, machine.folder())) return {};
    if (!fs::is_regular_file(fs::symlink_status(*path))) return {};
    if (fs::file_size(*path) > kVmxfLimit) return {};
    return io::read_text(*path, kVmxfLimit, io::Links::Refuse);
}

}  // namespace

fs::path firmware_variables_path(const fs::path& vmx_or_vmsn) {
    return vmx_or_vmsn.parent_path() / (vmx_or_vmsn.stem().string() + ".OVMF_VARS.fd");
}

fs::path plain_memory_path(const fs::path& state) {
    return fs::path{state}.replace_extension(".plain.vmem");
}

std::vector<fs::path> files_of_state(const fs::path& state) {
    return {state, fs::path{state}.replace_extension(".vmem"), plain_memory_path(state),
            firmware_variables_path(state)};
}

MachineState present_state(const Machine& machine) {
    MachineState state{machine, machine.disks(), machine.permissions()};
    read_nvram(machine, state);
    state.vmxf = read_vmxf(machine);
    state.firmware_variables = read_firmware_variables(machine.path());
    return state;
}

MachineState state_of_snapshot(const Machine& machine, const Snapshot& snapshot) {
    const auto path = machine.find_file(snapshot.state_file);
    if (!path) {
        throw Error{VIX_E_SNAPSHOT_DUMPER, "the state of the snapshot \"" + snapshot.display_name +
                                               "\", " + snapshot.state_file.name +
                                               ", was not found; the machine is in " +
                                               machine.folder().string()};
    }
    const io::File file = io::File::open(*path, io::Links::Refuse);
    const auto content = format::read_vmsn(file);
    MachineState state{
        Machine{Config::parse(machine.path(), content.config, *path), machine.settings()},
        {},
        machine.permissions()};
    state.vmxf = content.extended_config;
    state.firmware_variables = read_firmware_variables(*path);
    if (!content.nvram.empty()) state.nvram = content.nvram;
    state.nvram_permissions = file.permissions();
    for (DiskDevice device : state.machine.disks()) {
        for (const SnapshotDisk& disk : snapshot.disks) {
            if (equal_ignoring_case(disk.node, device.node)) device.file = disk.file;
        }
        state.disks.push_back(std::move(device));
    }
    return state;
}

}  // namespace vix::vm
