#include "power/engine.h"

#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <chrono>
#include <optional>
#include <set>
#include <sstream>
#include <thread>

#include "base/error.h"
#include "io/locks/lock.h"
#include "power/disks/image_server.h"
#include "power/domain/domain.h"
#include "power/domain/domain_identity.h"
#include "power/guest/agent_commands.h"
#include "power/guest/keyboard.h"
#include "power/launch.h"
#include "power/libvirt/host.h"
#include "power/libvirt/host_shell.h"
#include "power/running_machine.h"
#include "power/saved_state.h"
#include "vm/machine/running_mark.h"

namespace fs = boost::filesystem;

namespace vix::power {
namespace {

constexpr int kAgentPatience_s = 2;
// A keyboard holds only a few keys that its guest has not read yet. The period exceeds the hold, so
// a key is released before it is pressed again.
constexpr unsigned kKeyHold_ms = 20;
constexpr std::chrono::milliseconds kKeyPeriod{60};
constexpr std::size_t kNamesLimit = std::size_t{1} << 20;

// Refuses a disk that another machine uses, whatever the .vmx says about sharing. Two QEMU
// processes do not coordinate their writes to one disk, and QEMU has no SCSI reservations with
// which the guests could.
void refuse_used_disk(const vm::Machine& machine, const std::string& holder) {
    if (vm::is_marked_itself(machine)) return;
    for (const vm::DiskDevice& device : machine.disks()) {
        if (!vm::is_disk_marked(machine, device)) continue;
        throw Error{
            VIX_E_FILE_ALREADY_LOCKED,
            machine.path().string() + ": its disk " + device.file.name + " of " + device.node +
                " is used by " + holder +
                ". Only one machine at a time can use a disk here, even if scsiN.sharedBus, "
                "disk.locking or the like offers it to several. Power that machine off first"};
    }
}

void refuse_running(const vm::Machine& machine) {
    const auto holder = vm::running_mark(machine);
    if (!holder) return;
    refuse_used_disk(machine, *holder);
    throw Error{VIX_E_VM_IS_RUNNING, machine.path().string() + " is already running: " + *holder};
}

// Without the key of an encrypted machine its TPM cannot be read. Its guest may do with another
// one.
void refuse_encrypted(const vm::Machine& machine, Tpm tpm) {
    const std::string path = machine.path().string();
    if (machine.encryption() == vm::Encryption::Full) {
        throw Error{VIX_E_NEED_KEY, path + " is encrypted as a whole, so it cannot be started"};
    }
    if (machine.encryption() == vm::Encryption::None || tpm == Tpm::Own) return;
    throw Error{VIX_E_NEED_KEY,
                path +
                    " is encrypted for its TPM, which only VMware's products can read. With the "
                    "setting power.tpm = \"own\" it is started with another TPM, which has none "
                    "of the secrets: BitLocker then asks for its recovery key"};
}

void check_may_start(const vm::Machine& machine, Tpm tpm) {
    refuse_running(machine);
    refuse_encrypted(machine, tpm);
    check_startable(machine);
    if (access(machine.path().c_str(), W_OK) != 0) {
        throw Error{VIX_E_CANNOT_START_READ_ONLY_VM,
                    machine.path().string() + " cannot be started: this user may not write it"};
    }
}

// Waits for a concurrent start of the same machine only until that start succeeds;
// check_may_start() then throws.
void lock_to_start(const fs::path& vmx, const vm::Settings& settings, Tpm tpm,
                   std::optional<io::Lock>& lock) {
    const auto end = std::chrono::steady_clock::now() + kTurnPatience;
    while (!lock) {
        try {
            lock.emplace(vmx, io::LockKind::Exclusive, kTurnPoll);
        } catch (const Error& error) {
            check_may_start(vm::Machine::open(vmx, settings), tpm);
            if (error.code() != VIX_E_FILE_ALREADY_LOCKED) throw;
            if (std::chrono::steady_clock::now() > end) throw;
        }
    }
    check_may_start(vm::Machine::open(vmx, settings), tpm);
}

// False if the agent does not answer. That says nothing about the guest: it may be busy, or
// shutting down already.
bool ask_agent_to_shut_down(Domain& domain) {
    if (!agent_answers(domain, kAgentPatience_s)) return false;
    try {
        domain.ask_shutdown(Means::Agent);
    } catch (const Error& error) {
        if (error.code() == VIX_E_TOOLS_NOT_RUNNING || error.code() == VIX_E_VM_NOT_RUNNING) {
            return false;
        }
        throw;
    }
    return true;
}

// $1: the folder. Fails if it exists but cannot be listed, because an empty list would hide running
// machines.
constexpr std::string_view kListIfThere = R"sh(
[ -d "$1" ] || exit 0
ls -1 -- "$1" || [ ! -d "$1" ]
)sh";

// The uuids of the machines that have an image server.
std::set<std::string> served_machines(const Settings& settings, const HostShell& host) {
    const fs::path folder = servers_folder(settings.folder, host);
    std::istringstream names{host.result(VIX_E_FILE_ACCESS_ERROR, "listing " + folder.string(),
                                         kListIfThere, {folder.string()}, kNamesLimit)};
    std::set<std::string> uuids;
    for (std::string name; std::getline(names, name);) uuids.insert(name);
    return uuids;
}

}  // namespace

vm::PowerState Engine::state(const fs::path& vmx) const {
    const vm::Machine machine = vm::Machine::open(vmx, machine_settings_);
    if (!vm::running_mark(machine)) {
        return machine.is_suspended() ? vm::PowerState::Suspended : vm::PowerState::Off;
    }
    return is_paused(vmx) ? vm::PowerState::Paused : vm::PowerState::Running;
}

bool Engine::is_paused(const fs::path& vmx) const {
    try {
        const Connection connection{settings_};
        const auto domain = connection.find(uuid_for(canonical_path(vmx)));
        return domain && domain->activity() == vm::PowerState::Paused;
    } catch (const Error&) {
        return false;
    }
}

bool Engine::runs(const fs::path& vmx) const {
    if (!vm::running_mark(vm::Machine::open(vmx, machine_settings_))) return false;
    const std::string uuid = uuid_for(canonical_path(vmx));
    if (is_reached_by_socket(uri_for(settings_))) {
        return fs::exists(server_folder(settings_.folder, uuid, HostShell{settings_.environment}));
    }
    return Connection{settings_}.find(uuid).has_value();
}

// Each running machine has a folder of its server. If this host has none, libvirt is not asked,
// because that could start its daemon.
std::vector<fs::path> Engine::running_machines() const {
    const bool by_socket = is_reached_by_socket(uri_for(settings_));
    std::set<std::string> served;
    if (by_socket) served = served_machines(settings_, HostShell{settings_.environment});
    if (by_socket && served.empty()) return {};
    const Connection connection{settings_};
    if (!by_socket)
        served = served_machines(settings_, HostShell{settings_.environment, connection});
    std::vector<fs::path> found;
    for (const Domain& domain : connection.active()) {
        try {
            const auto element = domain.metadata(kMetadataNamespace);
            if (element && served.contains(domain.uuid())) {
                found.push_back(path_from_metadata(*element));
            }
        } catch (const Error&) {
            // The machine ended meanwhile.
        }
    }
    return found;
}

std::vector<std::string> Engine::power_on(const fs::path& vmx, StartAs as) const {
    const fs::path path = canonical_path(vmx);
    if (is_reached_by_socket(uri_for(settings_))) {
        // fails early, without libvirt
        check_may_start(vm::Machine::open(path, machine_settings_), settings_.tpm);
    }
    const Connection connection{settings_};
    const HostShell host{settings_.environment, connection};
    if (!host.is_this_host()) {
        host.drop_dead_locks(vm::lock_folders(vm::Machine::open(path, machine_settings_)));
    }
    std::optional<io::Lock> lock;
    lock_to_start(path, machine_settings_, settings_.tpm, lock);
    const Turn turn{path};
    drop_unmarked(connection, path);
    Launch launch{vm::Machine::open(path, machine_settings_), *lock, connection, host, settings_};
    return launch.run(as);
}

// The image server would end by itself. Stopping it here makes the disks free when the call
// returns.
void Engine::clean_up(const Connection& connection, const fs::path& vmx) const {
    const HostShell host{settings_.environment, connection};
    ImageServer{settings_.folder, uuid_for(vmx), host}.stop();
}

void Engine::power_off(const fs::path& vmx) const {
    const fs::path path = canonical_path(vmx);
    const Connection connection{settings_};
    const Turn turn{path};
    running_domain(connection, path, machine_settings_).destroy();
    clean_up(connection, path);
}

void Engine::shut_down(const fs::path& vmx) const {
    const fs::path path = canonical_path(vmx);
    const Connection connection{settings_};
    Domain domain = running_domain(connection, path, machine_settings_);
    bool by_agent = ask_agent_to_shut_down(domain);
    if (!by_agent) domain.ask_shutdown(Means::Acpi);
    const auto end = std::chrono::steady_clock::now() + settings_.guest_patience;
    while (domain.activity() != vm::PowerState::Off) {
        if (std::chrono::steady_clock::now() > end) {
            throw Error{VIX_E_POWEROP_SCRIPTS_NOT_AVAILABLE,
                        "the guest of " + path.string() + " did not shut down within " +
                            std::to_string(settings_.guest_patience.count()) +
                            " s (power.guestTimeout), and is still running"};
        }
        std::this_thread::sleep_for(kTurnPoll);
        // A guest may ignore the power button, and its agent may only be slow, so ask the agent
        // again.
        if (!by_agent) by_agent = ask_agent_to_shut_down(domain);
    }
    const Turn turn{path};
    const bool started_again = connection.find(uuid_for(path)).has_value();
    if (!started_again) clean_up(connection, path);
}

void Engine::reset(const fs::path& vmx) const {
    const Connection connection{settings_};
    running_domain(connection, vmx, machine_settings_).reset();
}

void Engine::restart_guest(const fs::path& vmx) const {
    const Connection connection{settings_};
    Domain domain = running_domain(connection, vmx, machine_settings_);
    domain.ask_reboot(power::agent_answers(domain, kAgentPatience_s) ? Means::Agent : Means::Acpi);
}

void Engine::pause(const fs::path& vmx) const {
    const Connection connection{settings_};
    Domain domain = running_domain(connection, vmx, machine_settings_);
    if (domain.activity() != vm::PowerState::Paused) domain.pause();
}

void Engine::unpause(const fs::path& vmx) const {
    const Connection connection{settings_};
    RunningMachine{vmx, connection, settings_, machine_settings_}.unpause();
}

// The .vmx names the suspend state before it is saved. A reader in between finds the machine
// running, by its locks. The other order could leave the machine off with its state lost.
void Engine::suspend(const fs::path& vmx) const {
    const fs::path path = canonical_path(vmx);
    const Connection connection{settings_};
    const Turn turn{path};
    Domain domain = running_domain(connection, path, machine_settings_);
    vm::Machine machine = vm::Machine::open(path, machine_settings_);
    const fs::path file = state_file_for(machine);
    unlink(file.c_str());  // if this fails, libvirt overwrites the file or fails
    record_state(machine, name_from(machine, file));
    const HostShell host{settings_.environment, connection};
    ImageServer server{settings_.folder, uuid_for(path), host};
    try {
        server.keep_scratch();
        domain.save(file.string());
    } catch (...) {
        machine.reread();
        record_state(machine, "");
        throw;
    }
    server.stop();
}

void Engine::type_keys(const fs::path& vmx, const std::string& text, Progress& progress) const {
    const auto strokes = keystrokes_for(text);
    const Connection connection{settings_};
    Domain domain = running_domain(connection, vmx, machine_settings_);
    for (const Keystroke& stroke : strokes) {
        progress.checkpoint("key");
        domain.press(stroke, kKeyHold_ms);
        std::this_thread::sleep_for(kKeyPeriod);
    }
}

void Engine::plug(const fs::path& vmx, const std::string& device, Plug plug) const {
    const fs::path path = canonical_path(vmx);
    const Connection connection{settings_};
    const Turn turn{path};
    Domain domain = running_domain(connection, path, machine_settings_);
    const HostShell host{settings_.environment, connection};
    DomainContext context;
    context.socket = ImageServer{settings_.folder, uuid_for(path), host}.socket();
    choose_drives(host, context);
    const auto machine = vm::Machine::open(path, machine_settings_);
    const auto changes = plugged_device(domain.description(), machine, device, plug, context);
    const std::string action = (plug == Plug::In ? "connecting " : "disconnecting ") + device;
    try {
        for (const auto& change : changes) {
            domain.update_device(change, action + " of " + path.string());
        }
    } catch (const Error& error) {
        if (plug == Plug::Out || error.code() != VIX_E_FAIL) throw;
        throw Error{VIX_E_FAIL, error.detail() +
                                    ". A drive gets only an image that was there when the machine "
                                    "was started"};
    }
}

bool Engine::agent_answers(const fs::path& vmx, int timeout_s) const {
    const Connection connection{settings_};
    Domain domain = running_domain(connection, vmx, machine_settings_);
    return power::agent_answers(domain, timeout_s);
}

}  // namespace vix::power
