#include "capi/start.h"

#include "api/simple.h"
#include "capi/callbacks.h"
#include "capi/signals.h"

namespace vix::capi {
namespace {

// Headers of VIX had 1 (2006) to 4 (2008) as VIX_API_VERSION before it became -1.
constexpr std::int64_t kLastOldVersion = 4;

// Where these stand among the arguments of VixHost_Connect.
constexpr std::size_t kVersion = 0;
constexpr std::size_t kOptions = 6;

}  // namespace

VixHandle start(std::size_t call, const api::Argument* arguments, VixEventProc* proc,
                void* data) noexcept {
    if (proc == nullptr) {
        callbacks().end_jobs_at_exit();
        return api::start_call(call, arguments, api::Events::Drop);
    }
    const AsynchronousSignalsBlocked blocked;  // as within start_call()
    // The first argument of each call but VixHost_Connect is a handle.
    const VixHandle host = api::host_of(static_cast<VixHandle>(arguments[0].number));
    const Thread thread = callbacks().pumps(host) ? Thread::Pump : Thread::Own;
    return callbacks().start(call, arguments, {proc, data, thread, host});
}

VixHandle start_connect(std::size_t call, api::Argument* arguments, VixEventProc* proc,
                        void* data) noexcept {
    std::int64_t& version = arguments[kVersion].number;
    if (version >= 1 && version <= kLastOldVersion) version = VIX_API_VERSION;
    const bool pump = (arguments[kOptions].number & VIX_HOSTOPTION_USE_EVENT_PUMP) != 0;
    VixHandle job = VIX_INVALID_HANDLE;
    if (proc == nullptr) {
        callbacks().end_jobs_at_exit();
        job = api::start_call(call, arguments, api::Events::Drop);
    } else {
        const AsynchronousSignalsBlocked blocked;
        const Thread thread = pump ? Thread::Pump : Thread::Own;
        job = callbacks().start(call, arguments, {proc, data, thread, VIX_INVALID_HANDLE});
    }
    if (pump) callbacks().remember_pump(job);
    return job;
}

}  // namespace vix::capi
