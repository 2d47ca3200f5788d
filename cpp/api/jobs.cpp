#include "api/jobs.h"

#include <algorithm>

#include "api/calls/call.h"
#include "api/jobs/job.h"
#include "api/jobs/job_runner.h"
#include "io/process/signals.h"

namespace vix::api {
namespace {

using std::chrono::milliseconds;

std::shared_ptr<JobObject> job_of(Handle handle) {
    return runtime().handles.get<JobObject>(handle);
}

std::shared_ptr<JobObject> ended_job(Handle handle) {
    auto job = job_of(handle);
    if (job_runner().has_ended(*job)) return job;
    throw Error{VIX_E_UNFINISHED_JOB, "the job has not ended yet: wait for it first"};
}

// The job's failure becomes the failure of this call.
void throw_if_failed(JobObject& job) {
    const JobOutcome& outcome = job.outcome();
    if (outcome.error == VIX_OK) return;
    throw Error{static_cast<ErrorCode>(outcome.error), outcome.detail};
}

const PropertyValue* find_property(const std::vector<JobProperty>& item, int id) {
    const auto found = std::find_if(item.begin(), item.end(),
                                    [&](const JobProperty& known) { return known.first == id; });
    return found == item.end() ? nullptr : &found->second;
}

[[noreturn]] void throw_unrecognized(int id) {
    throw Error{VIX_E_UNRECOGNIZED_PROPERTY, "the job has no property " + std::to_string(id)};
}

// The caller gets a reference of its own. The handle may be dead, if its host was disconnected.
PropertyValue result_handle(const JobOutcome& outcome) {
    runtime().handles.add_reference(outcome.handle);
    return std::int64_t{outcome.handle};
}

bool has_property(const JobOutcome& outcome, int id) {
    switch (id) {
        case VIX_PROPERTY_JOB_RESULT_ERROR_CODE:
        case VIX_PROPERTY_JOB_RESULT_EXTRA_ERROR_INFO:
            return true;
        case VIX_PROPERTY_JOB_RESULT_HANDLE:
            return outcome.handle != VIX_INVALID_HANDLE;
        default:
            return !outcome.items.empty() && find_property(outcome.items.front(), id) != nullptr;
    }
}

PropertyValue property_of(const JobOutcome& outcome, int id) {
    switch (id) {
        case VIX_PROPERTY_JOB_RESULT_ERROR_CODE:
            return std::int64_t{outcome.error};
        case VIX_PROPERTY_JOB_RESULT_EXTRA_ERROR_INFO:
            return outcome.detail;
        case VIX_PROPERTY_JOB_RESULT_HANDLE:
            return result_handle(outcome);
        default:
            return *find_property(outcome.items.front(), id);
    }
}

void give_existing(const JobOutcome& outcome, const int* ids, std::size_t id_count,
                   PropertyValue* values) {
    for (std::size_t i = 0; i < id_count; ++i) {
        if (has_property(outcome, ids[i])) values[i] = property_of(outcome, ids[i]);
    }
}

void require_all(const JobOutcome& outcome, const int* ids, std::size_t id_count) {
    for (std::size_t i = 0; i < id_count; ++i) {
        if (!has_property(outcome, ids[i])) throw_unrecognized(ids[i]);
    }
}

}  // namespace

void job_properties(JobObject& job, const int* ids, std::size_t id_count, PropertyValue* values,
                    Lacking lacking) {
    if (!job_runner().has_ended(job)) {
        throw Error{VIX_E_UNFINISHED_JOB, "the job has not ended yet: wait for it first"};
    }
    const JobOutcome& outcome = job.outcome();
    // All ids are checked before the first handle is given away.
    if (lacking == Lacking::Refused) require_all(outcome, ids, id_count);
    give_existing(outcome, ids, id_count, values);
    if (lacking == Lacking::LeftOut) require_all(outcome, ids, id_count);
}

bool job_wait(Handle handle, int wait_ms) noexcept {
    // Glue for a language may leave a signal handler by a longjmp, which must not happen in here.
    const io::SignalsBlocked blocked;
    try {
        return job_runner().wait(*job_of(handle), milliseconds{wait_ms});
    } catch (...) {
        return true;
    }
}

PropertiesResult job_result(Handle handle, const int* ids, std::size_t id_count) noexcept {
    PropertiesResult result{VIX_OK, {}};
    result.error = run([&] {
        const auto job = ended_job(handle);
        if (job->outcome().error == VIX_OK) require_all(job->outcome(), ids, id_count);
        result.values.resize(id_count);
        give_existing(job->outcome(), ids, id_count, result.values.data());
        throw_if_failed(*job);
    });
    result.values.resize(id_count);
    return result;
}

int read_job_result(Handle handle, const int* ids, std::size_t id_count,
                    PropertyValue* values) noexcept {
    std::string note;
    const int error = run([&] {
        const auto job = ended_job(handle);
        give_existing(job->outcome(), ids, id_count, values);
        throw_if_failed(*job);
        require_all(job->outcome(), ids, id_count);
        note = job->outcome().detail;
    });
    if (error == VIX_OK) last_failure().detail = std::move(note);
    return error;
}

int job_error(Handle handle) noexcept {
    std::string note;
    const int error = run([&] {
        const auto job = ended_job(handle);
        throw_if_failed(*job);
        note = job->outcome().detail;
    });
    if (error == VIX_OK) last_failure().detail = std::move(note);
    return error;
}

JobCompletion job_completion(Handle handle) noexcept {
    JobCompletion result{VIX_OK, false};
    result.error = run([&] { result.complete = job_runner().has_ended(*job_of(handle)); });
    return result;
}

int job_property_count(Handle handle, int id) noexcept {
    int count = 0;
    run([&] {
        const auto job = ended_job(handle);
        const JobOutcome& outcome = job->outcome();
        for (const auto& item : outcome.items) {
            if (find_property(item, id) != nullptr) ++count;
        }
        if (count == 0 && has_property(outcome, id)) count = 1;
    });
    return count;
}

PropertiesResult job_nth_properties(Handle handle, int index, const int* ids,
                                    std::size_t id_count) noexcept {
    PropertiesResult result{VIX_OK, {}};
    result.error = run([&] {
        const auto job = ended_job(handle);
        throw_if_failed(*job);
        if (index < 0) throw_bad_argument("index " + std::to_string(index) + " is negative");
        const auto& items = job->outcome().items;
        const auto at = static_cast<std::size_t>(index);
        if (at == 0 && items.empty()) {
            result.values.resize(id_count);
            return job_properties(*job, ids, id_count, result.values.data(), Lacking::Refused);
        }
        for (std::size_t i = 0; i < id_count; ++i) {
            const auto* value = at < items.size() ? find_property(items[at], ids[i]) : nullptr;
            if (value == nullptr) throw_unrecognized(ids[i]);
            result.values.push_back(*value);
        }
    });
    if (result.error != VIX_OK) result.values.assign(id_count, PropertyValue{});
    return result;
}

int job_cancel(Handle handle) noexcept {
    return run([&] { job_runner().cancel(*job_of(handle)); });
}

void job_abandon(Handle handle) noexcept {
    const io::SignalsBlocked blocked;
    try {
        const auto job = job_of(handle);
        if (!job_runner().has_ended(*job)) job_runner().cancel(*job);
        while (!job_runner().wait(*job, std::chrono::hours{1})) {
        }
    } catch (...) {
        // The handle is no job's: nothing to end.
    }
    runtime().handles.release(handle);
}

JobProgressState job_progress(Handle handle) noexcept {
    try {
        return job_of(handle)->progress().state();
    } catch (...) {
        return JobProgressState{};
    }
}

EventOutcome next_event(Handle handle, JobEvent& event) noexcept {
    try {
        const auto job = job_of(handle);
        JobObject::Waiting waiting{};
        const EventOutcome outcome = job_runner().take_event(*job, waiting);
        if (outcome != EventOutcome::Event) return outcome;
        event = {waiting.type, VIX_INVALID_HANDLE, waiting.progress};
        if (waiting.type == VIX_EVENTTYPE_FIND_ITEM) {
            event.more_info = runtime().handles.add(
                std::make_shared<PropertyListObject>(PropertyListObject::Properties{
                    {VIX_PROPERTY_FOUND_ITEM_LOCATION, waiting.location}}));
        }
        return outcome;
    } catch (...) {
        return EventOutcome::NoneEver;
    }
}

void end_all_jobs(int patience_ms) noexcept {
    const io::SignalsBlocked blocked;
    try {
        job_runner().end_all(milliseconds{patience_ms});
    } catch (...) {
        // The process ends in any case.
    }
}

}  // namespace vix::api
