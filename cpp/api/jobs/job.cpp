#include "api/jobs/job.h"

#include <new>

#include "api/jobs/job_runner.h"

namespace vix::api {

JobObject::JobObject(JobInput input, std::string machine, Events keep)
    : Object{kType},
      input_{std::move(input)},
      machine_{std::move(machine)},
      events_{keep},
      progress_{keep == Events::Keep ? std::function<void()>{[this] {
          job_runner().post(*this, VIX_EVENTTYPE_JOB_PROGRESS, {});
      }}
                                     : std::function<void()>{}} {}

JobObject::~JobObject() {
    if (outcome_.handle != VIX_INVALID_HANDLE) runtime().handles.release(outcome_.handle);
}

void JobObject::work() noexcept {
    try {
        // The caller may have cancelled before the first step.
        progress_.checkpoint("begin");
        Call call{*this};
        input_.row->function(call, input_.arguments);
        outcome_.detail = progress_.notes();
        progress_.complete();
    } catch (...) {
        const Error error = current_error();
        outcome_.error = error.code();
        outcome_.detail = error.detail();
        outcome_.items.clear();
    }
}

void JobObject::fail(int code, const char* detail) noexcept {
    outcome_.error = code;
    try {
        outcome_.detail = detail;
    } catch (...) {
        // Without memory for the detail, the code remains.
    }
}

void JobObject::abandon(int code, const char* detail) noexcept {
    new (&outcome_) JobOutcome;
    fail(code, detail);
}

void JobObject::drop_input() noexcept {
    const JobInput gone = std::exchange(input_, JobInput{});
}

}  // namespace vix::api
