// A job: one call that was started. It lives until its handle is released and its worker has
// dropped it.
#pragma once

#include <boost/filesystem/path.hpp>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/calls/call.h"
#include "api/calls/call_row.h"
#include "api/handles/object.h"
#include "api/jobs/job_progress.h"
#include "host/context.h"

namespace vix::api {

// The value that was read when a call started, or the exception that reading it threw.
template <class T>
class Captured {
  public:
    template <class Read>
    void capture(Read&& read) {
        try {
            value_ = read();
        } catch (...) {
            failure_ = std::current_exception();
        }
    }

    const T& get() const {
        if (failure_) std::rethrow_exception(failure_);
        return *value_;
    }

  private:
    std::optional<T> value_;
    std::exception_ptr failure_;
};

// The input of a call, from the moment at which it starts.
struct JobInput {
    const CallRow* row;
    std::vector<ArgumentValue> arguments;
    // The objects of the handles among the arguments, which may be released before the job runs.
    std::vector<std::pair<Handle, std::shared_ptr<Object>>> objects;
    Captured<vm::Settings> settings;
    Captured<power::Settings> power_settings;  // separate: calls on files do not need them
    boost::filesystem::path working_folder;
};

// The result of a job.
struct JobOutcome {
    int error = VIX_OK;
    std::string detail;
    Handle handle = VIX_INVALID_HANDLE;  // the job owns one reference
    std::vector<std::vector<JobProperty>> items;
};

class JobObject : public Object {
  public:
    static constexpr HandleType kType = HandleType::Job;

    // Jobs of one `machine`, if it is not empty, run one after the other.
    JobObject(JobInput input, std::string machine, Events keep);
    ~JobObject() override;
    JobObject(const JobObject&) = delete;
    JobObject& operator=(const JobObject&) = delete;

    const std::string& machine() const noexcept { return machine_; }
    bool keeps_events() const noexcept { return events_ == Events::Keep; }
    JobProgress& progress() noexcept { return progress_; }

    // Does the work in the calling thread and fills the outcome.
    void work() noexcept;
    void fail(int code, const char* detail) noexcept;

    const JobInput& input() const noexcept { return input_; }
    // Passwords and objects are not kept longer than needed.
    void drop_input() noexcept;

    // For a forked child, where the job's worker does not exist: replaces the outcome, whatever
    // state the worker left it in. The old outcome is not destroyed.
    void abandon(int code, const char* detail) noexcept;

    // The worker may use it before the job's end, everybody else after it.
    JobOutcome& outcome() noexcept { return outcome_; }

    // See start_call(). Set before the job starts; called under the JobRunner's mutex.
    void set_on_event(std::function<void()> on_event) { on_event_ = std::move(on_event); }
    void tell_of_event() const {
        if (on_event_) on_event_();
    }

    // An event that waits, with the job's progress at the moment of the event.
    struct Waiting {
        int type;
        std::string location;
        JobProgressState progress;
    };

    // These belong to the JobRunner and are guarded by its mutex.
    enum class State { Queued, Running, Ended } state = State::Queued;
    std::deque<Waiting> events;
    bool events_over = false;
    bool is_new = true;  // nobody has waited for it yet

  private:
    JobInput input_;
    std::string machine_;
    Events events_;
    JobProgress progress_;
    JobOutcome outcome_;
    std::function<void()> on_event_;
};

// What becomes of the other properties when a job lacks one of those that are wanted.
enum class Lacking { Refused, LeftOut };

// GetProperties for a job. Refused: no value is given then. Errors: VIX_E_UNFINISHED_JOB;
// VIX_E_UNRECOGNIZED_PROPERTY.
void job_properties(JobObject& job, const int* ids, std::size_t id_count, PropertyValue* values,
                    Lacking lacking);

}  // namespace vix::api
