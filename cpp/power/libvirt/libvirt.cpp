#include "power/libvirt/libvirt.h"

#include <signal.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "base/error.h"
#include "io/process/process.h"
#include "power/libvirt/description.h"
#include "power/libvirt/host.h"
#include "power/libvirt/libvirt_library.h"

namespace vix::power {
namespace {

constexpr auto kEventPatience = std::chrono::seconds{2};
constexpr auto kEventPoll = std::chrono::milliseconds{50};
constexpr std::size_t kPictureLimit = std::size_t{256} << 20;

// Copies a text that libvirt allocated, and frees it.
std::string take(char* text) {
    std::string copy{text};
    std::free(text);
    return copy;
}

virDomainPtr domain_of(void* handle) {
    return static_cast<virDomainPtr>(handle);
}

virConnectPtr connection_of(void* handle) {
    return static_cast<virConnectPtr>(handle);
}

bool is_started_when_needed(const std::string& uri) {
    return is_reached_by_socket(uri) && uri.find("/session") != std::string::npos;
}

// Whether the host program may reap the children of this process.
bool loses_children() {
    struct sigaction action {};
    sigaction(SIGCHLD, nullptr, &action);
    return action.sa_handler != SIG_DFL || (action.sa_flags & SA_NOCLDWAIT) != 0;
}

// When libvirt connects to a user's own daemon, it starts the daemon and waits for it as for a
// child. If the host program reaps that child, libvirt fails; then libvirt's own shell starts the
// daemon.
bool start_daemon(const std::string& uri, const io::Environment& environment) {
    try {
        return io::run(environment, {"virsh", "-c", uri, "uri"}).status == 0;
    } catch (const Error&) {
        return false;
    }
}

// A stream from libvirt, read to its end.
class Stream {
  public:
    explicit Stream(virDomainPtr domain)
        : handle_{lib().virStreamNew(lib().virDomainGetConnect(domain), 0)} {
        if (handle_ == nullptr) throw last_error(VIX_E_FAIL, "opening a stream");
    }
    ~Stream() {
        if (!finished_) lib().virStreamAbort(handle_);
        lib().virStreamFree(handle_);
    }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    virStreamPtr handle() const { return handle_; }

    std::string read_all(std::size_t limit, const std::string& action) {
        std::string bytes;
        std::vector<char> buffer(std::size_t{256} * 1024);
        for (;;) {
            const int count = lib().virStreamRecv(handle_, buffer.data(), buffer.size());
            require(count, VIX_E_FAIL, action);
            if (count == 0) break;
            bytes.append(buffer.data(), static_cast<std::size_t>(count));
            if (bytes.size() > limit)
                throw Error{VIX_E_OUT_OF_MEMORY, action + ": the picture is too large"};
        }
        finished_ = true;
        require(lib().virStreamFinish(handle_), VIX_E_FAIL, action);
        return bytes;
    }

  private:
    virStreamPtr handle_;
    bool finished_ = false;
};

}  // namespace

void load_libvirt() noexcept {
    try {
        lib();
    } catch (const Error&) {
        // A job that needs libvirt reports the failure.
    }
}

Domain::~Domain() {
    if (handle_ != nullptr) lib().virDomainFree(domain_of(handle_));
}

std::string Domain::name() const {
    return lib().virDomainGetName(domain_of(handle_));
}

std::string Domain::uuid() const {
    char text[VIR_UUID_STRING_BUFLEN] = {};
    require(lib().virDomainGetUUIDString(domain_of(handle_), text), VIX_E_FAIL, "reading a uuid");
    return text;
}

vm::PowerState Domain::activity() const {
    int state = 0;
    if (lib().virDomainGetState(domain_of(handle_), &state, nullptr, 0) < 0) {
        const Error error =
            domain_error(domain_of(handle_), VIX_E_CANNOT_CONNECT_TO_VM, "reading the state");
        if (error.code() == VIX_E_VM_NOT_RUNNING) return vm::PowerState::Off;
        throw error;
    }
    switch (state) {
        case VIR_DOMAIN_PAUSED:
        case VIR_DOMAIN_PMSUSPENDED:
            return vm::PowerState::Paused;
        case VIR_DOMAIN_SHUTOFF:
        case VIR_DOMAIN_CRASHED:
            return vm::PowerState::Off;
        default:
            return vm::PowerState::Running;
    }
}

std::optional<std::string> Domain::metadata(const std::string& xml_namespace) const {
    char* text = lib().virDomainGetMetadata(domain_of(handle_), VIR_DOMAIN_METADATA_ELEMENT,
                                            xml_namespace.c_str(), 0);
    if (text != nullptr) return take(text);
    if (last_number() == VIR_ERR_NO_DOMAIN_METADATA) return std::nullopt;
    throw domain_error(domain_of(handle_), VIX_E_CANNOT_CONNECT_TO_VM, "reading a setting");
}

void Domain::set_metadata(const std::string& prefix, const std::string& xml_namespace,
                          const std::string& element) {
    require(
        domain_of(handle_),
        lib().virDomainSetMetadata(domain_of(handle_), VIR_DOMAIN_METADATA_ELEMENT, element.c_str(),
                                   prefix.c_str(), xml_namespace.c_str(), VIR_DOMAIN_AFFECT_LIVE),
        VIX_E_CANNOT_CONNECT_TO_VM, "storing a setting");
}

std::string Domain::description() const {
    char* text = lib().virDomainGetXMLDesc(domain_of(handle_), 0);
    if (text == nullptr) {
        throw domain_error(domain_of(handle_), VIX_E_CANNOT_CONNECT_TO_VM,
                           "reading the description");
    }
    return take(text);
}

void Domain::pause() {
    require(domain_of(handle_), lib().virDomainSuspend(domain_of(handle_)),
            VIX_E_CANNOT_CONNECT_TO_VM, "pausing");
}

void Domain::resume() {
    require(domain_of(handle_), lib().virDomainResume(domain_of(handle_)),
            VIX_E_CANNOT_CONNECT_TO_VM, "unpausing");
}

void Domain::reset() {
    require(domain_of(handle_), lib().virDomainReset(domain_of(handle_), 0),
            VIX_E_CANNOT_CONNECT_TO_VM, "resetting");
}

void Domain::destroy() {
    if (lib().virDomainDestroyFlags(domain_of(handle_), VIR_DOMAIN_DESTROY_DEFAULT) >= 0) return;
    const Error error =
        domain_error(domain_of(handle_), VIX_E_CANNOT_CONNECT_TO_VM, "powering off");
    if (error.code() != VIX_E_VM_NOT_RUNNING) throw error;
}

bool Domain::has_agent() const {
    try {
        return agent_is_connected(parse_description(description()));
    } catch (const Error& error) {
        if (error.code() != VIX_E_VM_NOT_RUNNING) throw;
        return false;
    }
}

// If the agent disconnects before it replies, the request counts as delivered: the agent has ended
// with its guest, or with QEMU. libvirt may see either of them first, and reports each with another
// number.
void Domain::require_asked(Means means, const std::string& action) const {
    const Error error =
        domain_error(domain_of(handle_), VIX_E_POWEROP_SCRIPTS_NOT_AVAILABLE, action);
    const bool may_have_gone = error.code() == VIX_E_POWEROP_SCRIPTS_NOT_AVAILABLE ||
                               error.code() == VIX_E_TOOLS_NOT_RUNNING;
    if (means != Means::Agent || !may_have_gone) throw error;
    const auto end = std::chrono::steady_clock::now() + kEventPatience;
    while (std::chrono::steady_clock::now() < end) {
        if (activity() == vm::PowerState::Off || !has_agent()) return;
        std::this_thread::sleep_for(kEventPoll);
    }
    throw error;
}

void Domain::ask_shutdown(Means means) {
    const unsigned flags = means == Means::Agent ? VIR_DOMAIN_SHUTDOWN_GUEST_AGENT
                                                 : VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN;
    if (lib().virDomainShutdownFlags(domain_of(handle_), flags) >= 0) return;
    try {
        require_asked(means, "shutting the guest down");
    } catch (const Error& error) {
        if (error.code() != VIX_E_VM_NOT_RUNNING) throw;
    }
}

void Domain::ask_reboot(Means means) {
    const unsigned flags =
        means == Means::Agent ? VIR_DOMAIN_REBOOT_GUEST_AGENT : VIR_DOMAIN_REBOOT_ACPI_POWER_BTN;
    const int result = lib().virDomainReboot(domain_of(handle_), flags);
    if (result < 0) require_asked(means, "restarting the guest");
}

// QEMU reports a full disk only in its message, and libvirt has removed the file since. So the disk
// counts as full if the memory does not fit.
Error Domain::saving_error(ErrorCode usual, const char* action, const std::string& file) const {
    const Error error = domain_error(domain_of(handle_), usual, action + file);
    if (error.code() != usual) return error;
    boost::system::error_code unknown;
    const auto room =
        boost::filesystem::space(boost::filesystem::path{file}.parent_path(), unknown);
    if (unknown || room.available >= memory()) return error;
    return Error{VIX_E_DISK_FULL, error.detail()};
}

void Domain::save(const std::string& file) {
    const int result = lib().virDomainSaveFlags(domain_of(handle_), file.c_str(), nullptr, 0);
    if (result < 0) throw saving_error(VIX_E_SUSPEND_ERROR, "saving the state to ", file);
}

void Domain::save_memory(const std::string& file) {
    const std::string request = memory_snapshot(file, parse_description(description()));
    virDomainSnapshotPtr snapshot = lib().virDomainSnapshotCreateXML(
        domain_of(handle_), request.c_str(), VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA);
    if (snapshot == nullptr) {
        throw saving_error(VIX_E_SNAPSHOT_CHECKPOINT, "saving the memory to ", file);
    }
    lib().virDomainSnapshotFree(snapshot);
}

void Domain::dump_memory(const std::string& file) {
    const int result = lib().virDomainCoreDumpWithFormat(
        domain_of(handle_), file.c_str(), VIR_DOMAIN_CORE_DUMP_FORMAT_RAW, VIR_DUMP_MEMORY_ONLY);
    if (result < 0) throw saving_error(VIX_E_SNAPSHOT_CHECKPOINT, "dumping the memory to ", file);
}

std::uint64_t Domain::memory() const {
    return described_memory(parse_description(description()));
}

std::string Domain::ask_agent(const std::string& command, int timeout_s) {
    if (lib().virDomainQemuAgentCommand == nullptr) {
        throw Error{VIX_E_NOT_SUPPORTED, std::string{kAgentLibrary} +
                                             " is not installed, so the guest cannot be reached"};
    }
    char* answer =
        lib().virDomainQemuAgentCommand(domain_of(handle_), command.c_str(), timeout_s, 0);
    if (answer == nullptr) {
        throw domain_error(domain_of(handle_), VIX_E_FAIL, "asking the guest agent", Lag::Ignored);
    }
    return take(answer);
}

void Domain::press(const std::vector<unsigned>& keys, unsigned hold_ms) {
    std::vector<unsigned> codes = keys;  // libvirt's call takes no constant
    require(domain_of(handle_),
            lib().virDomainSendKey(domain_of(handle_), VIR_KEYCODE_SET_LINUX, hold_ms, codes.data(),
                                   static_cast<int>(codes.size()), 0),
            VIX_E_FAIL, "pressing a key");
}

void Domain::update_device(const std::string& element, const std::string& action) {
    constexpr unsigned kFlags = VIR_DOMAIN_DEVICE_MODIFY_LIVE | VIR_DOMAIN_DEVICE_MODIFY_FORCE;
    require(domain_of(handle_),
            lib().virDomainUpdateDeviceFlags(domain_of(handle_), element.c_str(), kFlags),
            VIX_E_FAIL, action);
}

std::string Domain::screenshot() {
    const std::string action = "taking a picture of the screen";
    Stream stream{domain_of(handle_)};
    char* kind = lib().virDomainScreenshot(domain_of(handle_), stream.handle(), 0, 0);
    if (kind == nullptr) throw domain_error(domain_of(handle_), VIX_E_FAIL, action);
    std::free(kind);
    return stream.read_all(kPictureLimit, action);
}

Connection::Connection(const Settings& settings) : uri_{uri_for(settings)}, handle_{nullptr} {
    handle_ = lib().virConnectOpenAuth(uri_.c_str(), nullptr, 0);
    if (handle_ != nullptr) return;
    const Error error =
        last_error(VIX_E_CANNOT_CONNECT_TO_HOST,
                   "connecting to libvirt at " + uri_ + " (is libvirtd, or virtqemud, running?)");
    if (is_started_when_needed(uri_) && loses_children() &&
        start_daemon(uri_, settings.environment)) {
        handle_ = lib().virConnectOpenAuth(uri_.c_str(), nullptr, 0);
    }
    if (handle_ == nullptr) throw error;
}

Connection::~Connection() {
    lib().virConnectClose(connection_of(handle_));
}

std::string Connection::host_name() const {
    char* text = lib().virConnectGetHostname(connection_of(handle_));
    if (text == nullptr)
        throw last_error(VIX_E_CANNOT_CONNECT_TO_HOST, "reading the host name of " + uri_);
    return take(text);
}

std::string Connection::capabilities() const {
    char* text = lib().virConnectGetCapabilities(connection_of(handle_));
    if (text == nullptr)
        throw last_error(VIX_E_CANNOT_CONNECT_TO_HOST, "reading the capabilities of " + uri_);
    return take(text);
}

std::optional<Domain> Connection::find(const std::string& uuid) const {
    virDomainPtr domain = lib().virDomainLookupByUUIDString(connection_of(handle_), uuid.c_str());
    if (domain != nullptr) return Domain{domain};
    const Error error = last_error(VIX_E_CANNOT_CONNECT_TO_HOST, "looking for " + uuid);
    if (error.code() == VIX_E_VM_NOT_RUNNING) return std::nullopt;
    throw error;
}

std::vector<Domain> Connection::active() const {
    virDomainPtr* list = nullptr;
    const int count = lib().virConnectListAllDomains(connection_of(handle_), &list,
                                                     VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    require(count, VIX_E_CANNOT_CONNECT_TO_HOST, "listing what runs at " + uri_);
    std::vector<Domain> domains;
    domains.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) domains.emplace_back(list[i]);
    std::free(list);
    return domains;
}

bool Connection::has_active_network(const std::string& name) const {
    virNetworkPtr network = lib().virNetworkLookupByName(connection_of(handle_), name.c_str());
    if (network == nullptr) return false;
    const bool active = lib().virNetworkIsActive(network) == 1;
    lib().virNetworkFree(network);
    return active;
}

Domain Connection::start(const std::string& description, StartAs as) const {
    const unsigned flags = as == StartAs::Paused ? VIR_DOMAIN_START_PAUSED : VIR_DOMAIN_NONE;
    virDomainPtr domain =
        lib().virDomainCreateXML(connection_of(handle_), description.c_str(), flags);
    if (domain != nullptr) return Domain{domain};
    const Error error = last_error(VIX_E_CANNOT_POWER_ON_VM, "powering on");
    virNodeInfo host{};
    // QEMU reports a lack of memory only in its message. So compare the machine's memory with the
    // host's.
    const bool too_big =
        lib().virNodeGetInfo(connection_of(handle_), &host) == 0 &&
        described_memory(parse_description(description)) > std::uint64_t{host.memory} * 1024;
    if (!too_big || error.code() != VIX_E_CANNOT_POWER_ON_VM) throw error;
    throw Error{VIX_E_VM_INSUFFICIENT_HOST_MEMORY,
                "the machine has more memory than its host: " + error.detail()};
}

Domain Connection::restore(const std::string& file, const std::string& description,
                           StartAs as) const {
    const unsigned flags = as == StartAs::Paused ? VIR_DOMAIN_SAVE_PAUSED : VIR_DOMAIN_SAVE_RUNNING;
    require(lib().virDomainRestoreFlags(connection_of(handle_), file.c_str(), description.c_str(),
                                        flags),
            VIX_E_CANNOT_POWER_ON_VM, "resuming from " + file);
    const std::string uuid = described_uuid(parse_description(description));
    std::vector<Domain> domains = active();
    const auto found = std::find_if(domains.begin(), domains.end(),
                                    [&](const Domain& domain) { return domain.uuid() == uuid; });
    if (found != domains.end()) return std::move(*found);
    throw Error{VIX_E_CANNOT_POWER_ON_VM,
                "the machine ended at once after it was resumed from " + file};
}

std::string Connection::saved_description(const std::string& file) const {
    char* text = lib().virDomainSaveImageGetXMLDesc(connection_of(handle_), file.c_str(),
                                                    VIR_DOMAIN_SAVE_IMAGE_XML_SECURE);
    if (text == nullptr) throw last_error(VIX_E_CANNOT_POWER_ON_VM, "reading " + file);
    return take(text);
}

}  // namespace vix::power
