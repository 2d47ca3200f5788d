#include "power/libvirt/libvirt_library.h"

#include <dlfcn.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace vix::power {
namespace {

constexpr const char* kLibrary = "libvirt.so.0";
constexpr std::chrono::seconds kNone{0};
constexpr std::chrono::seconds kLagLimit{5};
constexpr std::chrono::milliseconds kLagPoll{20};

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
    library.virSetErrorFunc(nullptr, keep_quiet);  // else libvirt prints errors to standard error
    return library;
}

// A number of libvirt 11.2 that older headers do not name. Older versions use
// VIR_ERR_AGENT_UNRESPONSIVE or VIR_ERR_INTERNAL_ERROR.
constexpr int kAgentCommandTimeout = 112;

// Uses the number alone: the message is in the language of the host's libvirtd.
ErrorCode code_for(const virError& error, ErrorCode usual) {
    // For a failed system call, int1 is the errno.
    const bool full = error.int1 == ENOSPC || error.int1 == EDQUOT;
    switch (error.code) {
        case VIR_ERR_SYSTEM_ERROR:
            return full ? VIX_E_DISK_FULL : usual;
        case kAgentCommandTimeout:
            return VIX_E_TOOLS_NOT_RUNNING;
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
        default:
            return usual;
    }
}

// Whether the last call may have failed because QEMU's process ended meanwhile. libvirt reports the
// failed step, such as reading from QEMU, and notices the end itself a moment later.
bool may_have_lost_machine() {
    const int number = last_number();
    return number == VIR_ERR_INTERNAL_ERROR || number == VIR_ERR_SYSTEM_ERROR;
}

enum class Life { Active, Ended, Unknown };

Life life_of(virDomainPtr domain) {
    const int active = lib().virDomainIsActive(domain);
    if (active >= 0) return active == 0 ? Life::Ended : Life::Active;
    return last_number() == VIR_ERR_NO_DOMAIN ? Life::Ended : Life::Unknown;
}

}  // namespace

// The library stays loaded. A failed load is tried again at the next call.
const Library& lib() {
    static const Library library = load();
    return library;
}

Error last_error(ErrorCode usual, const std::string& action) {
    const virErrorPtr error = lib().virGetLastError();
    if (error == nullptr) return Error{usual, action + ": libvirt reports no reason"};
    const std::string message = error->message == nullptr ? "no reason given" : error->message;
    return Error{code_for(*error, usual), action + ": libvirt reports: " + message};
}

int last_number() {
    const virErrorPtr error = lib().virGetLastError();
    return error == nullptr ? VIR_ERR_OK : error->code;
}

// libvirt reports the end of a machine with several numbers: an invalid operation if it ended
// before the call, others if it ended during the call. So ask libvirt whether the machine still
// runs.
Error domain_error(virDomainPtr domain, ErrorCode usual, const std::string& action, Lag lag) {
    const Error error = last_error(usual, action);
    if (error.code() != usual && error.code() != VIX_E_TOOLS_NOT_RUNNING) return error;
    const auto wait = lag == Lag::Possible && may_have_lost_machine() ? kLagLimit : kNone;
    const auto end = std::chrono::steady_clock::now() + wait;
    Life life = life_of(domain);
    while (life == Life::Active && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(kLagPoll);
        life = life_of(domain);
    }
    return life == Life::Ended ? Error{VIX_E_VM_NOT_RUNNING, error.detail()} : error;
}

}  // namespace vix::power
