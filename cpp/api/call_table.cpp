#include "api/call_table.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <vector>

#include "api/calls/call_row.h"
#include "api/jobs.h"
#include "api/jobs/job.h"
#include "api/jobs/job_runner.h"
#include "host/power_service.h"
#include "host/settings_file.h"
#include "io/crypto/crypto.h"
#include "io/process/signals.h"

namespace vix::api {
namespace {

const std::vector<CallRow>& table() {
    static const std::vector<CallRow>& rows = *[] {
        auto* all =
            new std::vector<CallRow>;  // NOLINT: jobs' threads use it until the process ends
        for (const auto part : {host_calls(), vm_calls(), power_calls(), snapshot_calls(),
                                guest_calls(), console_calls(), disk_calls()}) {
            all->insert(all->end(), part.begin(), part.end());
        }
        return all;
    }();
    return rows;
}

// The libvirt URI of the connection that the first handle belongs to.
std::string power_uri_of(const JobInput& input) {
    if (input.objects.empty()) return {};
    const Object& first = *input.objects.front().second;
    switch (first.type()) {
        case HandleType::Host:
            return static_cast<const HostObject&>(first).service().power_uri;
        case HandleType::Vm:
            return static_cast<const VmObject&>(first).service().power_uri;
        default:
            return {};
    }
}

bool may_need_libvirt(const JobInput& input) {
    for (const auto part : {power_calls(), guest_calls(), console_calls()}) {
        for (const CallRow& row : part) {
            if (row.function == input.row->function) return true;
        }
    }
    return std::any_of(
        input.arguments.begin(), input.arguments.end(),
        [](const ArgumentValue& argument) { return host::names_power_service(argument.text); });
}

// Such as HostOpenVM with a password.
bool may_need_libcrypto(const JobInput& input) {
    return std::any_of(input.objects.begin(), input.objects.end(), [](const auto& object) {
        return object.second->type() == HandleType::PropertyList;
    });
}

JobInput input_of(const CallRow& row, const Argument* arguments) {
    JobInput input{};
    input.row = &row;
    for (std::size_t i = 0; i < row.description.argument_count; ++i) {
        const Argument& argument = arguments[i];
        input.arguments.push_back({argument.number, std::string{argument.text}});
        if (row.description.argument_kinds[i] != ArgumentKind::Integer) continue;
        // Only the call knows which numbers are handles. A number that is none may keep an unneeded
        // object alive, which is harmless.
        const auto handle = static_cast<Handle>(argument.number);
        if (auto object = runtime().handles.find_any(handle)) {
            input.objects.emplace_back(handle, std::move(object));
        }
    }
    Captured<host::SettingsFile> file;
    file.capture([] { return host::SettingsFile{}; });
    input.settings.capture([&] { return host::load_settings(file.get()); });
    input.power_settings.capture([&] {
        power::Settings settings = host::load_power_settings(file.get());
        const std::string uri = power_uri_of(input);
        if (!uri.empty()) settings.uri = uri;
        return settings;
    });
    if (may_need_libvirt(input)) host::load_power_service();
    if (may_need_libcrypto(input)) io::load_libcrypto();
    boost::system::error_code ignored;
    input.working_folder = boost::filesystem::current_path(ignored);
    return input;
}

// Calls on a virtual machine have its handle first. Calls that open one have a host's handle there.
std::string machine_of(const JobInput& input) {
    if (input.objects.empty()) return {};
    const Object& first = *input.objects.front().second;
    const bool leads = input.objects.front().first == input.arguments.front().number;
    if (!leads || first.type() != HandleType::Vm) return {};
    return static_cast<const VmObject&>(first).machine().identity();
}

PropertyValue value_on_failure(int id) {
    if (id != VIX_PROPERTY_JOB_RESULT_HANDLE) return {};
    return std::int64_t{VIX_INVALID_HANDLE};
}

}  // namespace

const CallRow& call_at(std::size_t call) noexcept {
    return table()[call];
}

std::size_t call_count() noexcept {
    return table().size();
}

const CallDescription& call_description(std::size_t call) noexcept {
    return table()[call].description;
}

Handle start_call(std::size_t call, const Argument* arguments, Events events,
                  std::function<void()> on_event) noexcept {
    // A signal's handler that leaves by a longjmp, as Perl's may, would take the locks with it.
    const io::SignalsBlocked blocked;
    Handle handle = VIX_INVALID_HANDLE;
    try {
        JobInput input = input_of(call_at(call), arguments);
        std::string machine = machine_of(input);
        const auto job = std::make_shared<JobObject>(std::move(input), std::move(machine), events);
        job->set_on_event(std::move(on_event));
        handle = runtime().handles.add(job);
        job_runner().start(job);
        return handle;
    } catch (...) {
        runtime().handles.release(handle);
        run([] { throw; });  // for last_error_detail()
        return VIX_INVALID_HANDLE;
    }
}

SimpleResult simple_result(std::size_t call, Handle job) noexcept {
    const CallDescription& description = call_description(call);
    std::vector<int> ids;
    for (std::size_t i = 0; i < description.field_count; ++i) {
        ids.push_back(description.fields[i].id);
    }
    // Without a job, start_call() has failed and stored the error.
    const int error = job == VIX_INVALID_HANDLE ? last_failure().code : job_error(job);
    SimpleResult result{error, {}};
    const bool one_row = description.shape == Shape::Values || description.shape == Shape::Hash;
    if (result.error != VIX_OK) {
        if (!one_row) return result;
        auto& row = result.rows.emplace_back();
        for (const int id : ids) row.push_back(value_on_failure(id));
        return result;
    }
    if (one_row) {
        result.rows.push_back(job_result(job, ids.data(), ids.size()).values);
        job_error(job);  // reading the result has dropped the job's note
        return result;
    }
    if (ids.empty()) return result;
    const int count = job_property_count(job, ids.front());
    for (int i = 0; i < count; ++i) {
        result.rows.push_back(job_nth_properties(job, i, ids.data(), ids.size()).values);
    }
    return result;
}

}  // namespace vix::api
