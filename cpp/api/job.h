// A job: one call that was started, until nobody holds it any more.
#pragma once

#include <boost/filesystem/path.hpp>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/call.h"
#include "api/call_row.h"
#include "api/job_progress.h"
#include "api/object.h"
#include "power/settings.h"

namespace vix::api {

// What reading something gave when a call started: it, or what that threw.
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

// What a call is given when it starts.
struct JobInput {
    const CallRow* row;
    std::vector<ArgumentValue> arguments;
    // What the handles among the arguments stand for: they may be released before the job runs.
    std::vector<std::pair<Handle, std::shared_ptr<Object>>> objects;
    Captured<vm::Settings> settings;
    Captured<power::Settings> power_settings;  // apart: they are no matter of calls on files
    boost::filesystem::path working_folder;
};

// What came of it.
struct JobOutcome {
    int error = VIX_OK;
    std::string detail;
    Handle handle = VIX_INVALID_HANDLE;  // of which the job owns one reference
    std::vector<std::vector<JobProperty>> items;
};

class JobObject : public Object {
  public:
    static constexpr HandleType kType = HandleType::Job;

    // Jobs of one `machine`, where it is not empty, run one after the other.
    JobObject(JobInput input, std::string machine, Events keep);
    ~JobObject() override;
    JobObject(const JobObject&) = delete;
    JobObject& operator=(const JobObject&) = delete;

    const std::string& machine() const noexcept { return machine_; }
    bool keeps_events() const noexcept { return events_ == Events::Keep; }
    JobProgress& progress() noexcept { return progress_; }

    // The work itself, in the thread that it is called in. Fills the outcome.
    void work() noexcept;
    void fail(int code, const char* detail) noexcept;

    const JobInput& input() const noexcept { return input_; }
    // Passwords and objects are not kept longer than they are needed.
    void drop_input() noexcept;

    // In a child process, in which the job's thread is not: whatever state the outcome was in when
    // it vanished, it is now this one. What the old one held stays where it is.
    void abandon(int code, const char* detail) noexcept;

    // Only for the job's thread before its end, for all after it.
    JobOutcome& outcome() noexcept { return outcome_; }

    // One event that waits, but for its progress, which is that of the moment.
    struct Waiting {
        int type;
        std::string location;
        JobProgressState progress;
    };

    // These belong to the JobRunner, and are guarded by its mutex.
    enum class State { Queued, Running, Ended } state = State::Queued;
    std::deque<Waiting> events;
    bool events_over = false;

  private:
    JobInput input_;
    std::string machine_;
    Events events_;
    JobProgress progress_;
    JobOutcome outcome_;
};

// What GetProperties returns for a job. Errors: VIX_E_UNFINISHED_JOB; VIX_E_UNRECOGNIZED_PROPERTY.
std::vector<PropertyValue> job_properties(JobObject& job, const int* ids, std::size_t id_count);

}  // namespace vix::api
