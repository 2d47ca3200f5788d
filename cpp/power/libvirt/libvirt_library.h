// Loads libvirt's library on first use, and maps its errors to codes. Only for the sources of
// power/libvirt/libvirt.
#pragma once

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <string>

#include "base/error.h"

namespace vix::power {

inline constexpr const char* kAgentLibrary = "libvirt-qemu.so.0";

// Each libvirt call that is used, by its own name; its type comes from libvirt's header.
#define VIX_LIBVIRT_CALLS(CALL)        \
    CALL(virInitialize)                \
    CALL(virSetErrorFunc)              \
    CALL(virGetLastError)              \
    CALL(virConnectOpenAuth)           \
    CALL(virConnectClose)              \
    CALL(virConnectGetHostname)        \
    CALL(virConnectGetCapabilities)    \
    CALL(virNodeGetInfo)               \
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
    CALL(virDomainIsActive)            \
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
    CALL(virDomainCoreDumpWithFormat)  \
    CALL(virDomainSnapshotFree)        \
    CALL(virDomainGetConnect)          \
    CALL(virDomainScreenshot)          \
    CALL(virDomainSendKey)             \
    CALL(virDomainUpdateDeviceFlags)   \
    CALL(virStreamNew)                 \
    CALL(virStreamRecv)                \
    CALL(virStreamFinish)              \
    CALL(virStreamAbort)               \
    CALL(virStreamFree)

struct Library {
#define VIX_DECLARE(name) decltype(&::name) name = nullptr;
    VIX_LIBVIRT_CALLS(VIX_DECLARE)
#undef VIX_DECLARE
    // From a separate library; nullptr if that is not installed.
    char* (*virDomainQemuAgentCommand)(virDomainPtr, const char*, int,  // NOLINT(*-naming)
                                       unsigned) = nullptr;
};

// Error VIX_E_NOT_SUPPORTED if libvirt is not installed.
const Library& lib();

// The error of this thread's last call. Its code follows from libvirt's number, or is `usual`. Its
// detail ends with libvirt's message, which is in the language of the host's libvirtd.
Error last_error(ErrorCode usual, const std::string& action);
int last_number();

// Possible: libvirt may report the failed step before it notices that the machine has ended, so it
// is asked again for up to five seconds. Ignored: for the agent's replies, whose refusals look the
// same.
enum class Lag { Possible, Ignored };

// The same for a call on a machine: VIX_E_VM_NOT_RUNNING if it ended before or during the call.
Error domain_error(virDomainPtr domain, ErrorCode usual, const std::string& action,
                   Lag lag = Lag::Possible);

inline void require(int result, ErrorCode usual, const std::string& action) {
    if (result < 0) throw last_error(usual, action);
}

inline void require(virDomainPtr domain, int result, ErrorCode usual, const std::string& action) {
    if (result < 0) throw domain_error(domain, usual, action);
}

}  // namespace vix::power
