// The table of VIX's calls that start jobs: their names in each layer, their arguments, and the
// shape of their results. The simple form of a call is the same job with a wait.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "api/values.h"

namespace vix::api {

std::size_t call_count() noexcept;
const CallDescription& call_description(std::size_t call) noexcept;

// Starts the call; `arguments` has as many elements as the call has arguments. Even an invalid call
// returns a job handle; the job reports the error. VIX_INVALID_HANDLE only if there is no memory or
// no handle left. Keep: the job's events wait until next_event() fetches them. The calling thread
// takes no signals meanwhile.
//
// `on_event`, where it is not empty and events are kept, is called each time an event was added, by
// the thread that added it, perhaps before start_call() has returned. It runs under the lock that
// guards all jobs: it must be short, throw nothing and call nothing of this interface. In the child
// of a fork it is not called any more for jobs of the parent.
Handle start_call(std::size_t call, const Argument* arguments, Events events,
                  std::function<void()> on_event = {}) noexcept;

struct SimpleResult {
    int error;
    // Shape::Values and Hash: one row, also on failure. List and HashList: one row for each item,
    // none on failure. Each row has a value for each field.
    std::vector<std::vector<PropertyValue>> rows;
};

// The result of the simple form of the call, from its job, which must have ended. The caller
// releases the job's handle, and also a handle among the values.
SimpleResult simple_result(std::size_t call, Handle job) noexcept;

}  // namespace vix::api
