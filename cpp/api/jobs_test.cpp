#include "api/jobs.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <string>

#include "api/call_table.h"
#include "api/constants.h"
#include "api/simple.h"
#include "base/error.h"
#include "testing/machines/machines.h"
#include "testing/process/calls.h"
#include "testing/process/environment_reads.h"

namespace vix::api {
namespace {

int ended(Handle job) {
    while (!job_wait(job, 1000)) {
    }
    return job_error(job);
}

// A call that fails at once on any host.
Handle failing(Events events = Events::Drop) {
    return testing::start("VMOpen", {0, "/none.vmx"}, events);
}

TEST(CallTable, NamesAsManyArgumentsAsThereAre) {
    for (std::size_t i = 0; i < call_count(); ++i) {
        const CallDescription& call = call_description(i);
        const std::string names = call.argument_names;
        const auto commas = static_cast<std::size_t>(std::count(names.begin(), names.end(), ','));
        EXPECT_EQ(commas + 1, call.argument_count) << names;
    }
}

TEST(CallTable, HasEachNameOnce) {
    std::set<std::string> names;
    for (std::size_t i = 0; i < call_count(); ++i) {
        const CallDescription& call = call_description(i);
        if (call.simple_name != nullptr) {
            EXPECT_TRUE(names.insert(call.simple_name).second) << call.simple_name;
        }
        if (call.name != nullptr) {
            const auto name = std::string{call.package} + "::" + call.name;
            EXPECT_TRUE(names.insert(name).second) << name;
        }
    }
    EXPECT_GT(names.size(), 100U);
}

TEST(CallTable, GivesOneOrManyRowsJustWhereThereAreFields) {
    for (std::size_t i = 0; i < call_count(); ++i) {
        const CallDescription& call = call_description(i);
        EXPECT_EQ(call.field_count == 0, call.shape == Shape::ErrorOnly) << call.argument_names;
    }
}

TEST(Jobs, AreThereAlsoForWhatIsWrong) {
    const Handle job = failing();
    EXPECT_EQ(get_handle_type(job), VIX_HANDLETYPE_JOB);
    EXPECT_EQ(ended(job), VIX_E_INVALID_HANDLE);
    release_handle(job);
    EXPECT_EQ(get_handle_type(job), VIX_HANDLETYPE_NONE);
}

TEST(Jobs, KeepEventsOnlyWhereAsked) {
    const Handle job = failing();
    ended(job);
    JobEvent event{};
    EXPECT_EQ(next_event(job, event), EventOutcome::NoneEver);
    release_handle(job);
}

TEST(Jobs, TellOfTheirEndOnce) {
    const Handle job = failing(Events::Keep);
    ended(job);
    JobEvent event{};
    EXPECT_EQ(next_event(job, event), EventOutcome::Event);
    EXPECT_EQ(event.type, VIX_EVENTTYPE_JOB_COMPLETED);
    EXPECT_EQ(next_event(job, event), EventOutcome::NoneEver);
    release_handle(job);
}

TEST(Jobs, HaveTheDetailOfTheirFailure) {
    const Handle job = failing();
    ended(job);
    const int ids[] = {VIX_PROPERTY_JOB_RESULT_EXTRA_ERROR_INFO};
    const auto result = job_result(job, ids, 1);
    EXPECT_EQ(std::get<std::string>(result.values[0]), last_error_detail());
    EXPECT_FALSE(last_error_detail().empty());
    release_handle(job);
}

TEST(Jobs, AbandoningKeepsTheLastFailure) {
    const Handle job = failing();
    ended(job);
    const auto detail = last_error_detail();
    job_abandon(job);
    EXPECT_EQ(last_error_detail(), detail);
    EXPECT_EQ(get_handle_type(job), VIX_HANDLETYPE_NONE);
}

TEST(Jobs, WorkInAForkedChild) {
    release_handle(failing());  // starts threads, which the child lacks
    const pid_t child = fork();
    if (child == 0) {
        const Handle job = failing();
        _exit(ended(job) == VIX_E_INVALID_HANDLE ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
}

TEST(Jobs, ReadNoVariableOfTheEnvironmentInTheirThreads) {
    const testing::TempFolder folder;
    const auto vmx = testing::write_small_machine(folder.path());
    const Handle host =
        testing::call("HostConnect", {VIX_API_VERSION, 3, "", 0, "", "", 0, 0}).handle;
    testing::watch_environment();
    const Handle vm = testing::call("VMOpen", {host, vmx.string()}).handle;
    ASSERT_NE(vm, VIX_INVALID_HANDLE);
    EXPECT_EQ(testing::call("VMCreateSnapshot", {vm, "a", "", 0, 0}).error, VIX_OK);
    EXPECT_EQ(testing::call("VMClone", {vm, 0, 0, (folder / "full/full.vmx").string(), 0, 0}).error,
              VIX_OK);
    EXPECT_EQ(
        testing::call("VMClone", {vm, 0, 1, (folder / "linked/linked.vmx").string(), 0, 0}).error,
        VIX_OK);
    EXPECT_NE(testing::call("VMClone", {vm, 0, 0, "/proc/none/none.vmx", 0, 0}).error, VIX_OK);
    EXPECT_EQ(testing::variables_read_by_threads(), std::set<std::string>{});
    release_handle(vm);
    release_handle(host);
}

TEST(Jobs, LeaveNoHandle) {
    const auto before = live_handle_count();
    for (int i = 0; i < 100; ++i) testing::call("VMOpen", {0, "/none.vmx"});
    EXPECT_EQ(live_handle_count(), before);
}

}  // namespace
}  // namespace vix::api
