#include "power/libvirt.h"

#ifdef VIX_WITH_LIBVIRT

#include <dlfcn.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"

namespace vix::power {
namespace {

constexpr const char* kLibrary = "libvirt.so.0";
constexpr const char* kAgentLibrary = "libvirt-qemu.so.0";
constexpr std::size_t kPictureLimit = std::size_t{256} << 20;

// Each call that is used, by its own name and with the type that libvirt's header gives it.
#define VIX_LIBVIRT_CALLS(CALL)        \
    CALL(virInitialize)                \
    CALL(virSetErrorFunc)              \
    CALL(virGetLastError)              \
    CALL(virConnectOpenAuth)           \
    CALL(virConnectClose)              \
    CALL(virConnectGetHostname)        \
    CALL(virConnectGetCapabilities)    \
    CALL(virConnectListAllDomains)     \
    CALL(virNetworkLookupByName)       \
    CALL(virNetworkIsActive)           \
    CALL(virNetworkFree)               \
    CALL(virDomainLookupByUUIDString)  \
    CALL(virDomainCreateXML)           \
    CALL(virDomainRestoreFlags)        \
    CALL(virDomainSaveImageGetXMLDesc) \
    CALL(virDomainFree)                \
    CALL(virDomainGetName)             \
    CALL(virDomainGetUUIDString)       \
    CALL(virDomainGetState)            \
    CALL(virDomainGetMetadata)         \
    CALL(virDomainSetMetadata)         \
    CALL(virDomainGetXMLDesc)          \
    CALL(virDomainSuspend)             \
    CALL(virDomainResume)              \
    CALL(virDomainReset)               \
    CALL(virDomainDestroyFlags)        \
    CALL(virDomainShutdownFlags)       \
    CALL(virDomainReboot)              \
    CALL(virDomainSaveFlags)           \
    CALL(virDomainSnapshotCreateXML)   \
    CALL(virDomainSnapshotFree)        \
    CALL(virDomainGetConnect)          \
    CALL(virDomainScreenshot)          \
    CALL(virStreamNew)                 \
    CALL(virStreamRecv)                \
    CALL(virStreamFinish)              \
    CALL(virStreamAbort)               \
    CALL(virStreamFree)

struct Library {
#define VIX_DECLARE(name) decltype(&::name) name = nullptr;
    VIX_LIBVIRT_CALLS(VIX_DECLARE)
#undef VIX_DECLARE
    // In a library of its own.
    char* (*virDomainQemuAgentCommand)(virDomainPtr, const char*, int,  // NOLINT(*-naming)
                                       unsigned) = nullptr;
};

void keep_quiet(void*, virErrorPtr) {}

template <typename Function>
void find_call(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(library, name));
    if (function != nullptr) return;
    throw Error{VIX_E_NOT_SUPPORTED, std::string{kLibrary} + " is too old: it has no " + name};
}

Library load() {
    void* handle = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
        throw Error{
            VIX_E_NOT_SUPPORTED,
            std::string{"running virtual machines needs libvirt, which is not installed (on "
                        "Debian: libvirt-daemon-system and qemu-system-x86): "} +
                dlerror()};
    }
    Library library;
#define VIX_FIND(name) find_call(handle, #name, library.name);
    VIX_LIBVIRT_CALLS(VIX_FIND)
#undef VIX_FIND
    if (void* agent = dlopen(kAgentLibrary, RTLD_NOW | RTLD_LOCAL)) {
        find_call(agent, "virDomainQemuAgentCommand", library.virDomainQemuAgentCommand);
    }
    library.virInitialize();
    library.virSetErrorFunc(nullptr, keep_quiet);  // else libvirt prints each to standard error
    return library;
}

// Stays loaded; a failure is found out anew at each call.
const Library& lib() {
    static const Library library = load();
    return library;
}

bool has(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

ErrorCode code_for(const virError& error, const std::string& message, ErrorCode usual) {
    switch (error.code) {
        case VIR_ERR_NO_MEMORY:
            return VIX_E_OUT_OF_MEMORY;
        case VIR_ERR_AUTH_FAILED:
        case VIR_ERR_AUTH_CANCELLED:
        case VIR_ERR_AUTH_UNAVAILABLE:
        case VIR_ERR_ACCESS_DENIED:
        case VIR_ERR_OPERATION_DENIED:
            return VIX_E_HOST_USER_PERMISSIONS;
        case VIR_ERR_NO_DOMAIN:
            return VIX_E_VM_NOT_RUNNING;
        case VIR_ERR_NO_SUPPORT:
            return VIX_E_NOT_SUPPORTED;
        case VIR_ERR_AGENT_UNRESPONSIVE:
        case VIR_ERR_AGENT_UNSYNCED:
            return VIX_E_TOOLS_NOT_RUNNING;
        case VIR_ERR_OPERATION_INVALID:
            return has(message, "not running") ? VIX_E_VM_NOT_RUNNING : usual;
        default:
            break;
    }
    if (has(message, "No space left")) return VIX_E_DISK_FULL;
    if (has(message, "cannot set up guest memory")) return VIX_E_VM_INSUFFICIENT_HOST_MEMORY;
    return usual;
}

Error last_error(ErrorCode usual, const std::string& action) {
    const virErrorPtr error = lib().virGetLastError();
    if (error == nullptr) return Error{usual, action + ": libvirt gives no reason"};
    const std::string message = error->message == nullptr ? "no reason given" : error->message;
    return Error{code_for(*error, message, usual), action + ": libvirt says: " + message};
}

void require(int result, ErrorCode usual, const std::string& action) {
    if (result < 0) throw last_error(usual, action);
}

// An agent that ends before it has answered was told: it has gone with its guest, or with QEMU.
// Which of the two events libvirt sees first, the guest's end or its agent's, is chance.
void require_asked(int result, Means means, const std::string& action) {
    if (result >= 0) return;
    const Error error = last_error(VIX_E_POWEROP_SCRIPTS_NOT_AVAILABLE, action);
    const bool agent_went = has(error.detail(), "End of file from agent") ||
                            has(error.detail(), "disappeared while executing command");
    if (means != Means::Agent || !agent_went) throw error;
}

// A text that libvirt allocated.
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

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '\'':
                result += "&apos;";
                break;
            default:
                result += c;
        }
    }
    return result;
}

// Disks stay out of it: their snapshots are taken where they are exported.
std::string memory_snapshot(const std::string& file, const std::string& description) {
    std::string text =
        "<domainsnapshot><memory snapshot='external' file='" + escaped(file) + "'/><disks>";
    constexpr std::string_view kTarget = "<target dev='";
    for (std::size_t at = description.find(kTarget); at != std::string::npos;
         at = description.find(kTarget, at + 1)) {
        const std::size_t begin = at + kTarget.size();
        const std::size_t end = description.find('\'', begin);
        const std::string name = description.substr(begin, end - begin);
        if (description.compare(end, 6, "' bus=") != 0) continue;  // an interface's
        text += "<disk name='" + name + "' snapshot='no'/>";
    }
    return text + "</disks></domainsnapshot>";
}

// What libvirt sends of a picture, to its end.
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
            if (bytes.size() > limit) throw Error{VIX_E_OUT_OF_MEMORY, action + ": it is too big"};
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

bool built_with_libvirt() {
    return true;
}

Domain::~Domain() {
    if (handle_ != nullptr) lib().virDomainFree(domain_of(handle_));
}

std::string Domain::name() const {
    return lib().virDomainGetName(domain_of(handle_));
}

std::string Domain::uuid() const {
    char text[VIR_UUID_STRING_BUFLEN] = {};
    require(lib().virDomainGetUUIDString(domain_of(handle_), text), VIX_E_FAIL,
            "asking for a uuid");
    return text;
}

Activity Domain::activity() const {
    int state = 0;
    if (lib().virDomainGetState(domain_of(handle_), &state, nullptr, 0) < 0) {
        const Error error = last_error(VIX_E_CANNOT_CONNECT_TO_VM, "asking for the state");
        if (error.code() == VIX_E_VM_NOT_RUNNING) return Activity::Off;
        throw error;
    }
    switch (state) {
        case VIR_DOMAIN_PAUSED:
        case VIR_DOMAIN_PMSUSPENDED:
            return Activity::Paused;
        case VIR_DOMAIN_SHUTDOWN:
            return Activity::ShuttingDown;
        case VIR_DOMAIN_SHUTOFF:
        case VIR_DOMAIN_CRASHED:
            return Activity::Off;
        default:
            return Activity::Running;
    }
}

std::optional<std::string> Domain::metadata(const std::string& xml_namespace) const {
    char* text = lib().virDomainGetMetadata(domain_of(handle_), VIR_DOMAIN_METADATA_ELEMENT,
                                            xml_namespace.c_str(), 0);
    if (text == nullptr) return std::nullopt;
    return take(text);
}

void Domain::set_metadata(const std::string& prefix, const std::string& xml_namespace,
                          const std::string& element) {
    require(
        lib().virDomainSetMetadata(domain_of(handle_), VIR_DOMAIN_METADATA_ELEMENT, element.c_str(),
                                   prefix.c_str(), xml_namespace.c_str(), VIR_DOMAIN_AFFECT_LIVE),
        VIX_E_CANNOT_CONNECT_TO_VM, "keeping a setting");
}

std::string Domain::description() const {
    char* text = lib().virDomainGetXMLDesc(domain_of(handle_), 0);
    if (text == nullptr) throw last_error(VIX_E_CANNOT_CONNECT_TO_VM, "asking for a description");
    return take(text);
}

void Domain::pause() {
    require(lib().virDomainSuspend(domain_of(handle_)), VIX_E_CANNOT_CONNECT_TO_VM, "pausing");
}

void Domain::resume() {
    require(lib().virDomainResume(domain_of(handle_)), VIX_E_CANNOT_CONNECT_TO_VM, "unpausing");
}

void Domain::reset() {
    require(lib().virDomainReset(domain_of(handle_), 0), VIX_E_CANNOT_CONNECT_TO_VM, "resetting");
}

void Domain::destroy() {
    if (lib().virDomainDestroyFlags(domain_of(handle_), VIR_DOMAIN_DESTROY_DEFAULT) >= 0) return;
    const Error error = last_error(VIX_E_CANNOT_CONNECT_TO_VM, "powering off");
    if (error.code() != VIX_E_VM_NOT_RUNNING) throw error;
}

void Domain::ask_shutdown(Means means) {
    const unsigned flags = means == Means::Agent ? VIR_DOMAIN_SHUTDOWN_GUEST_AGENT
                                                 : VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN;
    require_asked(lib().virDomainShutdownFlags(domain_of(handle_), flags), means,
                  "shutting the guest down");
}

void Domain::ask_reboot(Means means) {
    const unsigned flags =
        means == Means::Agent ? VIR_DOMAIN_REBOOT_GUEST_AGENT : VIR_DOMAIN_REBOOT_ACPI_POWER_BTN;
    require_asked(lib().virDomainReboot(domain_of(handle_), flags), means, "restarting the guest");
}

void Domain::save(const std::string& file) {
    require(lib().virDomainSaveFlags(domain_of(handle_), file.c_str(), nullptr, 0),
            VIX_E_SUSPEND_ERROR, "saving the state to " + file);
}

void Domain::save_memory(const std::string& file) {
    const std::string request = memory_snapshot(file, description());
    virDomainSnapshotPtr snapshot = lib().virDomainSnapshotCreateXML(
        domain_of(handle_), request.c_str(), VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA);
    if (snapshot == nullptr) {
        throw last_error(VIX_E_SNAPSHOT_CHECKPOINT, "saving the memory to " + file);
    }
    lib().virDomainSnapshotFree(snapshot);
}

std::string Domain::ask_agent(const std::string& command, int timeout_s) {
    if (lib().virDomainQemuAgentCommand == nullptr) {
        throw Error{VIX_E_NOT_SUPPORTED, std::string{kAgentLibrary} + " is not installed"};
    }
    char* answer =
        lib().virDomainQemuAgentCommand(domain_of(handle_), command.c_str(), timeout_s, 0);
    if (answer == nullptr) throw last_error(VIX_E_FAIL, "asking the guest agent");
    return take(answer);
}

std::string Domain::screenshot() {
    const std::string action = "taking a picture of the screen";
    Stream stream{domain_of(handle_)};
    char* kind = lib().virDomainScreenshot(domain_of(handle_), stream.handle(), 0, 0);
    if (kind == nullptr) throw last_error(VIX_E_FAIL, action);
    std::free(kind);
    return stream.read_all(kPictureLimit, action);
}

Connection::Connection(const std::string& uri) : uri_{uri}, handle_{nullptr} {
    handle_ = lib().virConnectOpenAuth(uri.c_str(), nullptr, 0);
    if (handle_ == nullptr) {
        throw last_error(VIX_E_CANNOT_CONNECT_TO_HOST,
                         "connecting to libvirt at " + uri + " (is libvirtd running?)");
    }
}

Connection::~Connection() {
    lib().virConnectClose(connection_of(handle_));
}

std::string Connection::host_name() const {
    char* text = lib().virConnectGetHostname(connection_of(handle_));
    if (text == nullptr)
        throw last_error(VIX_E_CANNOT_CONNECT_TO_HOST, "asking what host " + uri_ + " is");
    return take(text);
}

std::string Connection::capabilities() const {
    char* text = lib().virConnectGetCapabilities(connection_of(handle_));
    if (text == nullptr)
        throw last_error(VIX_E_CANNOT_CONNECT_TO_HOST, "asking what " + uri_ + " can do");
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
    require(count, VIX_E_CANNOT_CONNECT_TO_HOST, "asking what runs at " + uri_);
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
    if (domain == nullptr) throw last_error(VIX_E_CANNOT_POWER_ON_VM, "powering on");
    return Domain{domain};
}

Domain Connection::restore(const std::string& file, const std::string& description,
                           StartAs as) const {
    const unsigned flags = as == StartAs::Paused ? VIR_DOMAIN_SAVE_PAUSED : VIR_DOMAIN_SAVE_RUNNING;
    require(lib().virDomainRestoreFlags(connection_of(handle_), file.c_str(), description.c_str(),
                                        flags),
            VIX_E_CANNOT_POWER_ON_VM, "resuming from " + file);
    std::vector<Domain> domains = active();
    const auto found = std::find_if(domains.begin(), domains.end(), [&](const Domain& domain) {
        return has(description, ("<uuid>" + domain.uuid() + "</uuid>").c_str());
    });
    if (found != domains.end()) return std::move(*found);
    throw Error{VIX_E_CANNOT_POWER_ON_VM, "resumed from " + file + ", it ended at once"};
}

std::string Connection::saved_description(const std::string& file) const {
    char* text = lib().virDomainSaveImageGetXMLDesc(connection_of(handle_), file.c_str(),
                                                    VIR_DOMAIN_SAVE_IMAGE_XML_SECURE);
    if (text == nullptr) throw last_error(VIX_E_CANNOT_POWER_ON_VM, "reading " + file);
    return take(text);
}

}  // namespace vix::power

#endif
