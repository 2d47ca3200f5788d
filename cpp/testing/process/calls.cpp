#include "testing/process/calls.h"

#include <stdexcept>

#include "api/constants.h"
#include "api/jobs.h"
#include "api/simple.h"

namespace vix::testing {
namespace {

std::size_t call_named(std::string_view simple_name) {
    for (std::size_t i = 0; i < api::call_count(); ++i) {
        const char* name = api::call_description(i).simple_name;
        if (name != nullptr && simple_name == name) return i;
    }
    throw std::invalid_argument{"no call " + std::string{simple_name}};
}

}  // namespace

api::Handle start(std::string_view simple_name, const std::vector<Given>& arguments,
                  api::Events events) {
    const std::size_t index = call_named(simple_name);
    if (arguments.size() != api::call_description(index).argument_count) {
        throw std::invalid_argument{"wrong number of arguments for " + std::string{simple_name}};
    }
    std::vector<api::Argument> converted;
    converted.reserve(arguments.size());
    for (const Given& given : arguments) converted.push_back({given.number, given.text});
    return api::start_call(index, converted.data(), events);
}

CallAnswer call(std::string_view simple_name, const std::vector<Given>& arguments) {
    const api::Handle job = start(simple_name, arguments);
    while (!api::job_wait(job, 1000)) {
    }
    auto result = api::simple_result(call_named(simple_name), job);
    api::release_handle(job);
    CallAnswer answer{result.error, api::VIX_INVALID_HANDLE, std::move(result.rows)};
    if (answer.rows.empty() || answer.rows[0].empty()) return answer;
    const auto* handle = std::get_if<std::int64_t>(&answer.rows[0][0]);
    if (handle != nullptr) answer.handle = static_cast<api::Handle>(*handle);
    return answer;
}

}  // namespace vix::testing
