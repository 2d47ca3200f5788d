// What the calls of the façade are made of: from a failure to a code, the checks they share, and
// what a call that takes its time works with.
#pragma once

#include <cassert>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/object.h"
#include "api/runtime.h"
#include "base/error.h"
#include "base/progress.h"
#include "power/settings.h"
#include "vm/settings.h"

namespace vix::api {

// Every call that answers at once with a code ends here: what was thrown becomes the code, and its
// detail waits in the thread for the one who asks.
template <class Work>
int run(Work&& work) noexcept {
    Failure& failure = last_failure();
    try {
        work();
        failure = Failure{};
        return VIX_OK;
    } catch (...) {
        const Error error = current_error();
        assert(error.code() != VIX_OK);
        failure.code = error.code();
        failure.detail = error.detail();
        return failure.code;
    }
}

[[noreturn]] void throw_bad_argument(const std::string& detail);

// VIX_E_INVALID_ARG for any property list: for calls that take none.
void require_no_property_list(Handle property_list);

// VIX_E_INVALID_ARG for bits beyond those allowed.
void require_options(int options, int allowed, const char* call);

// VIX_E_VM_NOT_FOUND for a machine that VMDelete has removed.
void require_not_deleted(const VmObject& vm);

// The machine behind a handle, not deleted.
std::shared_ptr<VmObject> live_vm(Handle handle);

// The snapshot behind a handle, whose machine is not deleted. Whether the snapshot is still there
// is seen when it is used.
std::shared_ptr<SnapshotObject> live_snapshot(Handle handle);

class JobObject;

// One property of a job's result.
using JobProperty = std::pair<int, PropertyValue>;

// What the function behind a call works with, in a thread of ours. Objects, settings and the
// working directory are those of the moment when the call was started.
class Call {
  public:
    explicit Call(JobObject& job) : job_{job} {}

    // As HandleTable::get().
    template <class T>
    std::shared_ptr<T> object(Handle handle) const {
        return std::static_pointer_cast<T>(find(handle, T::kType));
    }
    // As live_vm() and live_snapshot().
    std::shared_ptr<VmObject> vm(Handle handle) const;
    std::shared_ptr<SnapshotObject> snapshot(Handle handle) const;

    // The text rule, for each text among the arguments.
    void require_texts() const;

    // Throws what reading them threw.
    const vm::Settings& settings() const;
    const power::Settings& power_settings() const;
    const boost::filesystem::path& working_folder() const;
    Progress& progress() const;

    void give_handle(Handle handle);
    // Another item of the result.
    void give(std::vector<JobProperty> properties);
    // What a caller might want to know of a call that works, where the detail of one that fails is.
    void note(const std::string& text);
    // Another item, with its event.
    void give_found(const std::string& location);

  private:
    std::shared_ptr<Object> find(Handle handle, HandleType type) const;

    JobObject& job_;
};

}  // namespace vix::api
