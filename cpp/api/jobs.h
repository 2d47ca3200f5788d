// Jobs as a caller sees them: waiting for the end, results, events, cancelling. See api/simple.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "api/simple.h"

namespace vix::api {

// Waits until the job has ended, but no longer than that; true: it has, or the handle is no job's.
// 0 milliseconds look and don't wait. Meanwhile the calling thread takes no signals.
bool job_wait(Handle job, int milliseconds) noexcept;

// The job's error and, as far as it has them, its properties; VIX_E_UNFINISHED_JOB before its end.
// A handle among them is the caller's to release.
PropertiesResult job_result(Handle job, const int* ids, std::size_t id_count) noexcept;

// The job's error; VIX_E_UNFINISHED_JOB before its end.
int job_error(Handle job) noexcept;

struct JobCompletion {
    int error;  // of the handle
    bool complete;
};
JobCompletion job_completion(Handle job) noexcept;

// How many values of this property the job's result has: one for each item of a list.
int job_property_count(Handle job, int id) noexcept;
PropertiesResult job_nth_properties(Handle job, int index, const int* ids,
                                    std::size_t id_count) noexcept;

// The job ends as soon as it can, with VIX_E_CANCELLED and leaving nothing behind; or with its
// result, if it is past the point where that is possible. Does not wait.
int job_cancel(Handle job) noexcept;

// Cancels the job, waits for its end, however long that takes, and releases the handle; one that
// has ended is just released. Leaves alone how the last call failed.
void job_abandon(Handle job) noexcept;

struct JobProgressState {
    bool announced;  // how much there is to do is known
    int percent;     // never falls; 100 only after the end
    std::int64_t done_bytes;
    std::int64_t total_bytes;
};
// All 0 for a handle that is no job's.
JobProgressState job_progress(Handle job) noexcept;

struct JobEvent {
    int type;          // VIX_EVENTTYPE_*
    Handle more_info;  // a property list, the caller's to release; else VIX_INVALID_HANDLE
    JobProgressState progress;
};

enum class EventOutcome { Event, NoneNow, NoneEver };

// The next event that waits in a job started with Events::Keep, each exactly once and
// VIX_EVENTTYPE_JOB_COMPLETED last. NoneEver: after that one, or the handle is no such job's.
EventOutcome next_event(Handle job, JobEvent& event) noexcept;

// Ends all that runs: cancels each job and waits until all have ended, or that long.
void end_all_jobs(int milliseconds) noexcept;

}  // namespace vix::api
