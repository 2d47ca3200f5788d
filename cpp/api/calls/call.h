// Shared parts of the façade's calls: mapping a failure to a code, common checks, and Call, which
// the functions behind the table of calls work with.
#pragma once

#include <cassert>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/handles/object.h"
#include "api/handles/runtime.h"
#include "base/error.h"
#include "base/progress.h"
#include "host/context.h"

namespace vix::api {

// Runs a call that returns a code at once. An exception becomes the code; its detail stays with the
// thread for last_error_detail().
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

// VIX_E_INVALID_ARG for any property list. For calls that take none.
void require_no_property_list(Handle property_list);

// VIX_E_INVALID_ARG for bits beyond those allowed.
void require_options(int options, int allowed, const char* call);

// VIX_E_VM_NOT_FOUND for a machine that VMDelete has removed.
void require_not_deleted(const VmObject& vm);

// The machine behind a handle. Errors: those of HandleTable::get(); VIX_E_VM_NOT_FOUND if it was
// deleted.
std::shared_ptr<VmObject> live_vm(Handle handle);

// The snapshot behind a handle, with the same errors. Whether the snapshot still exists is checked
// when it is used.
std::shared_ptr<SnapshotObject> live_snapshot(Handle handle);

class JobObject;

// One property of a job's result.
using JobProperty = std::pair<int, PropertyValue>;

// What the function behind a call works with, in a worker. Objects, settings and the working
// directory are those of the moment at which the call was started.
class Call : public host::Context {
  public:
    explicit Call(JobObject& job) : job_{job} {}

    // Like HandleTable::get().
    template <class T>
    std::shared_ptr<T> object(Handle handle) const {
        return std::static_pointer_cast<T>(find(handle, T::kType));
    }
    // Like live_vm() and live_snapshot().
    std::shared_ptr<VmObject> vm(Handle handle) const;
    std::shared_ptr<SnapshotObject> snapshot(Handle handle) const;

    // The first checks of a call with texts: vm(), then require_text() for each text among the
    // arguments. Checks of arguments that must not be empty follow.
    std::shared_ptr<VmObject> vm_and_texts(Handle handle) const;

    const vm::Settings& settings() const override;
    const power::Settings& power_settings() const override;
    const boost::filesystem::path& working_folder() const override;
    Progress& progress() const override;

    void give_handle(Handle handle);
    // Adds an item to the result.
    void give(std::vector<JobProperty> properties);
    // Adds to the detail of a call that succeeds what its caller may want to know.
    void note(const std::string& text);
    // Adds an item with its event.
    void give_found(const std::string& location);

  private:
    std::shared_ptr<Object> find(Handle handle, HandleType type) const;
    void require_texts() const;

    JobObject& job_;
};

}  // namespace vix::api
