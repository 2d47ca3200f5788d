// Jobs as a caller sees them: waiting, results, events, cancelling. See api/simple.h for the rules.
#pragma once

#include <cstddef>

#include "api/values.h"

namespace vix::api {

// Waits until the job has ended, at most `milliseconds`; 0 only checks. True if it has ended, or if
// the handle is no job's. The calling thread takes no signals meanwhile.
bool job_wait(Handle job, int milliseconds) noexcept;

// The job's error and those of the properties that it has; VIX_E_UNFINISHED_JOB before its end. A
// handle among the values is the caller's to release.
PropertiesResult job_result(Handle job, const int* ids, std::size_t id_count) noexcept;

// The same into the caller's memory: `values` has `id_count` elements, which are monostate. A job
// that succeeded and lacks one of the properties is an error, too; the others are given.
int read_job_result(Handle job, const int* ids, std::size_t id_count,
                    PropertyValue* values) noexcept;

// The job's error; VIX_E_UNFINISHED_JOB before its end.
int job_error(Handle job) noexcept;

struct JobCompletion {
    int error;  // of the handle
    bool complete;
};
JobCompletion job_completion(Handle job) noexcept;

// The number of values of this property in the job's result: one for each item of a list.
int job_property_count(Handle job, int id) noexcept;
PropertiesResult job_nth_properties(Handle job, int index, const int* ids,
                                    std::size_t id_count) noexcept;

// Asks the job to end; does not wait. It ends as soon as it can, with VIX_E_CANCELLED, and leaves
// nothing behind. A job past its point of no return ends with its result.
int job_cancel(Handle job) noexcept;

// Cancels the job, waits for its end, however long that takes, and releases the handle. A job that
// has ended is only released. Does not change the thread's last error.
void job_abandon(Handle job) noexcept;

// All 0 for a handle that is no job's.
JobProgressState job_progress(Handle job) noexcept;

// The next event of a job started with Events::Keep. Each event is returned once,
// VIX_EVENTTYPE_JOB_COMPLETED last. NoneEver: after that one, or if the handle is no such job's.
EventOutcome next_event(Handle job, JobEvent& event) noexcept;

// Cancels every job and waits until all have ended, at most `milliseconds`.
void end_all_jobs(int milliseconds) noexcept;

}  // namespace vix::api
