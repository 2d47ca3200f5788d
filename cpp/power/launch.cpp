#include "power/launch.h"

#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <chrono>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "format/xml.h"
#include "io/files/replacement.h"
#include "io/locks/lock.h"
#include "power/disks/disk_check.h"
#include "power/domain/devices.h"
#include "power/domain/domain_identity.h"
#include "power/domain/vnc_port.h"
#include "power/libvirt/description.h"
#include "power/running_machine.h"
#include "power/saved_state.h"
#include "vm/disks/disk_modes.h"
#include "vm/disks/shared_disks.h"
#include "vm/machine/power_off_action.h"
#include "vm/machine/working_folder.h"
#include "vm/snapshots/machine_state.h"

namespace fs = boost::filesystem;

namespace vix::power {
namespace {

constexpr const char* kVarsExport = "nvram";
constexpr std::size_t kFirmwareLimit = std::size_t{64} << 20;
constexpr int kPortTries = 10;

// $1: a file that was just made; a network file system may show it late.
constexpr std::string_view kWaitForFile = R"sh(
for try in 1 2 3 4 5 6 7 8 9 10; do
    ls -- "${1%/*}" >/dev/null 2>&1
    [ ! -e "$1" ] || exit 0
    sleep 0.5
done
exit 1
)sh";

bool wants_efi(const vm::Config& machine) {
    return starts_with_ignoring_case(machine.find("firmware").value_or(""), "efi");
}

// UEFI boots securely only with this variable, whose name is "PK" in UTF-16.
bool has_secure_boot_key(const std::string& variables) {
    return variables.find(std::string("P\0K\0\0\0", 6)) != std::string::npos;
}

// power.folder, and with it the path of the socket, may have changed since the memory was saved.
void set_socket(format::XmlDocument& description, const fs::path& socket) {
    for (auto& host : description.find("//*[@socket]")) {
        if (!host.attribute("socket")->ends_with(socket.filename().string())) continue;
        host.set_attribute("socket", socket.string());
    }
}

}  // namespace

// A paused domain is from a start that was killed before it set the running mark; its guest never
// ran. Otherwise the machine's process may have just ended: the locks show that at once, libvirt a
// moment later, so wait.
void drop_unmarked(const Connection& connection, const fs::path& vmx) {
    const auto end = std::chrono::steady_clock::now() + kTurnPatience;
    while (auto domain = connection.find(uuid_for(vmx))) {
        if (domain->activity() == vm::PowerState::Paused) return domain->destroy();
        if (std::chrono::steady_clock::now() > end) {
            throw Error{VIX_E_VM_IS_RUNNING,
                        vmx.string() + " is already running as " + domain->name()};
        }
        std::this_thread::sleep_for(kTurnPoll);
    }
}

Launch::Launch(vm::Machine machine, const io::Lock& lock, const Connection& connection,
               const HostShell& host, const Settings& settings)
    : lock_{lock},
      connection_{connection},
      host_{host},
      settings_{settings},
      machine_{std::move(machine)},
      server_{settings.folder, uuid_for(vmx()), host_} {}

Launch::~Launch() {
    if (done_) return;
    session_.reset();  // must precede the removal of its file by the image server
    try {
        if (domain_) domain_->destroy();
    } catch (...) {
        // The caller's error matters more.
    }
    try {
        server_.stop();
    } catch (...) {
        // Likewise; the next start stops what is left.
    }
    boost::system::error_code ignored;
    for (const fs::path& mark : marks_) fs::remove(mark, ignored);
}

// Reports settings that cannot be followed. Nothing is lost by that.
void Launch::note_settings() {
    if (const auto offer = vm::what_offers_disks(machine_)) {
        notes_.push_back(
            *offer + " is not followed: no other machine can use the disks while this one runs");
    }
    if (!vm::find_working_folder(machine_)) {
        notes_.push_back("workingDir = \"" + machine_.find("workingDir").value_or("") +
                         "\" names no folder that exists here, so no snapshot can be taken and the "
                         "machine cannot be suspended");
    }
}

// The other host must see the files that we write here. It does if it sees our lock.
void Launch::require_same_storage() {
    if (host_.is_this_host() || host_.run(kWaitForFile, {lock_.member().string()}).status == 0) {
        return;
    }
    throw Error{VIX_E_NOT_SUPPORTED_ON_REMOTE_OBJECT,
                vmx().string() + " is not visible at this path on the host of " +
                    connection_.uri() +
                    ". Put it on storage that both hosts have at the same path"};
}

// VMware assigns these values at the first start, and the guest must find the same ones at the
// next.
void Launch::complete_identity() {
    format::Dictionary dictionary = machine_.dictionary();
    const std::string before = dictionary.to_bytes();
    std::string uuid = machine_.find("uuid.bios").value_or("");
    if (standard_uuid(uuid).empty()) {
        uuid = new_bios_uuid();
        dictionary.set("uuid.bios", uuid);
    }
    for (int i = 0; i < kNetworkCards; ++i) {
        const std::string card = "ethernet" + std::to_string(i);
        const std::string type = to_lower(machine_.find(card + ".addressType").value_or(""));
        const bool generated = type.empty() || type == "generated";
        const bool has = !machine_.find(card + ".generatedAddress").value_or("").empty();
        if (!machine_.is_true(card + ".present") || !generated || has) continue;
        dictionary.set(card + ".generatedAddress", generated_mac(uuid, 10 * i));
        dictionary.set(card + ".generatedAddressOffset", std::to_string(10 * i));
    }
    const std::string after = dictionary.to_bytes();
    if (after == before) return;
    io::replace_file(vmx(), after, machine_.settings().durability);
    machine_.reread();
}

// VMware's .nvram belongs to another firmware and stays unchanged; OVMF's variables are beside it.
void Launch::prepare_firmware() {
    if (!wants_efi(machine_)) return;
    std::optional<FirmwareFiles> secure;
    if (machine_.is_true("uefi.secureBoot.enabled")) {
        secure = find_secure_firmware(settings_, host_);
        if (!secure) {
            notes_.emplace_back(
                "uefi.secureBoot.enabled is not followed, because no OVMF for secure boot was "
                "found (power.secureBootCode)");
        }
    }
    const FirmwareFiles files = secure ? *secure : find_firmware(settings_, host_);
    const fs::path vars = vm::firmware_variables_path(vmx());
    if (!fs::exists(vars)) {
        const std::string empty =
            host_.result(VIX_E_CANNOT_POWER_ON_VM, "reading UEFI's empty variables",
                         "cat -- \"$1\"", {files.vars.string()}, kFirmwareLimit);
        io::replace_file(vars, empty, machine_.settings().durability, 0600);
    } else if (secure && !has_secure_boot_key(io::read_text(vars, kFirmwareLimit))) {
        notes_.push_back(vars.string() +
                         " is from starts without secure boot and has no keys for it, so the guest "
                         "runs without. Delete the file for a start with secure boot");
    }
    images_.push_back({kVarsExport, {vars}, false, true, {}});
    context_.firmware = Firmware{files.code, kVarsExport, secure.has_value()};
}

void Launch::prepare_tpm() {
    context_.tpm = settings_.tpm == Tpm::Own && has_tpm(machine_);
    if (context_.tpm) require_software_tpm(host_);
}

// Repairs disks that QEMU would otherwise destroy. The lock keeps VMware's products away meanwhile.
void Launch::mend_disks() {
    for (const Image& image : images_) {
        const fs::path& disk = image.chain.front();
        if (!image.mending.needed()) continue;
        const io::Lock lock{disk, io::LockKind::Exclusive};
        mend_disk(disk, image.mending, machine_.settings());
    }
}

// Runs before anything is changed, because most reasons to refuse a start appear here.
void Launch::find_drives() {
    drives_ = drives_of(machine_, notes_);
    images_ = find_images(machine_, drives_, notes_);
    for (const Image& image : images_) {
        if (image.long_descriptor) require_long_descriptors(image.chain.front(), host_);
    }
}

void Launch::prepare_images(bool resuming) {
    mend_disks();
    prepare_firmware();
    prepare_tpm();
    for (const Image& image : images_) {
        // A power-on discards what the guest wrote before.
        if (!resuming && !image.scratch.empty()) io::remove_file(image.scratch);
    }
    const std::string capabilities = connection_.capabilities();
    owner_ = qemu_owner(capabilities, host_.user());
    context_.unconfined = security_drivers(capabilities);
    server_.start(images_, owner_);
}

Domain Launch::start_or_resume(bool resuming) {
    const auto begin = [&] { return resuming ? resume_domain() : start_domain(); };
    try {
        return begin();
    } catch (const Error&) {
        // The domain of a killed start: libvirt made it after drop_unmarked() had looked for it.
        if (!connection_.find(uuid_for(vmx()))) throw;
    }
    drop_unmarked(connection_, vmx());
    return begin();
}

Domain Launch::start_domain() {
    context_.vmx = vmx();
    context_.run_id = standard_uuid(new_bios_uuid());
    context_.socket = server_.socket();
    choose_drives(host_, context_);
    choose_networks(settings_, connection_, context_);
    const auto ways = accelerators(settings_, host_, owner_);
    for (std::size_t i = 0;; ++i) {
        try {
            return start_by(ways[i]);
        } catch (const Error& error) {
            if (i + 1 == ways.size()) throw;
            notes_.push_back("the machine runs without KVM, slowly: " + error.detail());
        }
    }
}

// QEMU does not start if the host's file, pipe or device behind a port is missing. VMware starts
// such a machine with the port disconnected. Gives up the ports whose backend the error names, or
// all. False if none is left.
bool Launch::give_up_ports(const Error& reason, std::vector<std::string>& notes) {
    auto ports = port_backends(machine_, vmx());
    std::erase_if(ports,
                  [&](const auto& port) { return context_.dead_ports.contains(port.first); });
    if (ports.empty()) return false;
    const auto is_named = [&](const auto& port) {
        return reason.detail().find(port.second) != std::string::npos;
    };
    const bool some = std::any_of(ports.begin(), ports.end(), is_named);
    for (const auto& port : ports) {
        if (some && !is_named(port)) continue;
        context_.dead_ports.insert(port.first);
        notes.push_back(port.first + " is connected to nothing: " + reason.detail());
    }
    return true;
}

// Another machine may take the port of the display at the same moment; then the next port is tried.
Domain Launch::start_by(Accelerator way) {
    context_.accelerator = way;
    context_.dead_ports.clear();
    std::vector<std::string> given_up;
    std::optional<Error> first;
    const auto wanted = wanted_vnc_port(machine_);
    for (int tries = 1;; ++tries) {
        std::vector<std::string> notes;
        if (wanted) context_.vnc_port = choose_vnc_port(*wanted, listening_ports(host_), notes);
        const auto description = describe_domain(machine_, drives_, context_);
        notes.insert(notes.end(), description.notes.begin(), description.notes.end());
        try {
            Domain domain = connection_.start(description.xml, StartAs::Paused);
            notes_.insert(notes_.end(), notes.begin(), notes.end());
            notes_.insert(notes_.end(), given_up.begin(), given_up.end());
            return domain;
        } catch (const Error& error) {
            const bool lost = wanted && listening_ports(host_).contains(*context_.vnc_port);
            if (lost && tries < kPortTries) continue;
            if (!first) first.emplace(error);
            if (!give_up_ports(error, given_up)) throw *first;
        }
    }
}

Domain Launch::resume_domain() {
    const fs::path file = recorded_state_file(machine_);
    format::XmlDocument description{connection_.saved_description(file.string()),
                                    "the machine's description in " + file.string()};
    if (described_uuid(description) != uuid_for(vmx())) {
        throw Error{VIX_E_CANNOT_POWER_ON_VM,
                    vmx().string() +
                        " was suspended at another path, and can be resumed only there; "
                        "move it back first"};
    }
    set_socket(description, server_.socket());
    set_free_vnc_port(description, listening_ports(host_), notes_);
    return connection_.restore(file.string(), description.to_text(), StartAs::Paused);
}

void Launch::begin_session() {
    const auto action = vm::power_off_action(machine_, machine_.snapshots());
    if (action == vm::PowerOffAction::Revert || action == vm::PowerOffAction::Commit) {
        session_.emplace(machine_, action);
    } else {
        forget_session(machine_);
    }
    machine_.reread();
}

// Locks the disks, and makes the image server serve QEMU's process until that ends. It learns the
// marks before they are set: if this process is killed until then, the machine counts as off, and
// the next start ends the paused domain with all that belongs to it.
void Launch::attach() {
    const auto process = host_.process_of_domain(domain_->name());
    if (!process) {
        throw Error{VIX_E_CANNOT_POWER_ON_VM,
                    "the QEMU process of " + domain_->name() + " is not visible from here"};
    }
    machine_process_ = process->member;
    std::vector<fs::path> scratch;
    if (session_) scratch.push_back(session_file(vmx()));
    coming_marks_.push_back({&lock_, lock_.free_member()});
    for (const Image& image : images_) {
        if (!image.scratch.empty()) scratch.push_back(image.scratch);
        if (!image.vmdk || !image.writable) continue;
        disk_locks_.push_back(
            std::make_unique<io::Lock>(image.chain.front(), io::LockKind::Exclusive));
        coming_marks_.push_back({disk_locks_.back().get(), disk_locks_.back()->free_member()});
    }
    std::vector<fs::path> marks;
    for (const auto& [lock, path] : coming_marks_) marks.push_back(path);
    server_.attach(process->pid, marks, scratch);
}

// Sets the running mark, then the disks' locks, in VMware's form, so that VMware's products keep
// away. Before the .vmx forgets a saved memory: a paused domain without a running mark is ended by
// the next start, and the memory would be lost with it.
void Launch::mark_running() {
    bool as_attached = true;
    for (const auto& [lock, path] : coming_marks_) {
        marks_.push_back(lock->hand_over(machine_process_, path));
        as_attached = as_attached && marks_.back() == path;
    }
    if (!as_attached) server_.set_marks(marks_);
    coming_marks_.clear();
    disk_locks_.clear();
}

std::vector<std::string> Launch::run(StartAs as) {
    const SavedState saved = saved_state(machine_);
    if (saved == SavedState::Foreign) {
        throw Error{VIX_E_CANNOT_POWER_ON_VM, vmx().string() +
                                                  " was suspended by another product in " +
                                                  recorded_state_file(machine_).string() +
                                                  ", and only that product can resume it"};
    }
    vm::refuse_unknown_modes(machine_);
    vm::refuse_redo_logs(machine_);
    vm::refuse_list_elsewhere(machine_);
    note_settings();
    require_same_storage();
    const bool resuming = saved == SavedState::Complete;
    find_drives();
    if (!resuming) complete_identity();
    prepare_images(resuming);
    domain_.emplace(start_or_resume(resuming));
    begin_session();
    attach();
    go(as);
    done_ = true;
    if (session_) session_->keep();
    if (saved == SavedState::Incomplete)
        notes_.emplace_back(
            "its suspend state was incomplete, so the machine was started without it");
    if (saved != SavedState::None && !is_state_of_snapshot(machine_)) {
        try {
            io::remove_file(recorded_state_file(machine_));
        } catch (const Error& error) {
            notes_.push_back(error.detail());
        }
    }
    return notes_;
}

// The .vmx forgets the saved memory, and cleanShutdown becomes FALSE, before the processors run.
// From its first instruction on the guest changes disks, and resuming from the old memory after a
// crash would damage them.
void Launch::go(StartAs as) {
    mark_running();
    record_start(machine_);
    try {
        server_.note_start(vmx());
        if (as == StartAs::Running) domain_->resume();
    } catch (...) {
        server_.forget_start();
        io::replace_file(vmx(), machine_.dictionary().to_bytes(), machine_.settings().durability);
        throw;
    }
}

}  // namespace vix::power
