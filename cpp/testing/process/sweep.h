// Stops an operation at each of its steps in turn: by a failure, and by killing the process.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <exception>
#include <iostream>
#include <string>

#include "base/error.h"
#include "base/progress.h"
#include "testing/process/system_calls.h"
#include "testing/process/temp_folder.h"
#include "vm/machine/settings.h"

namespace vix::testing {

enum class Stop { Failure, Death, CallFailure, CallDeath };

inline constexpr int kErrorCode = 9;

// Stops the operation at checkpoint number `step`, if it has that many.
class StoppingProgress : public Progress {
  public:
    StoppingProgress(Stop stop, int step) : stop_{stop}, step_{step} {}

    void add(std::uint64_t) override { pass(); }
    void checkpoint(const char*) override { pass(); }

  private:
    void pass() {
        if (passed_++ != step_) return;
        if (stop_ == Stop::Death) _exit(kDeathCode);
        throw Error{VIX_E_CANCELLED, "stopped"};
    }

    Stop stop_;
    int step_;
    std::atomic<int> passed_ = 0;
};

// Returns true if the operation was stopped, false if it finished successfully.
template <typename Operation>
bool stopped_by_failure(int step, Operation operation) {
    StoppingProgress progress{Stop::Failure, step};
    try {
        operation(progress);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), VIX_E_CANCELLED) << error.detail();
        return true;
    }
    return false;
}

// Returns true if call number `step` was reached. The operation may succeed although the call
// failed.
template <typename Operation>
bool stopped_by_call(int step, Operation operation) {
    Progress progress;
    arm(Fault::Error, step);
    try {
        operation(progress);
    } catch (const std::exception&) {
        disarm();
        return true;
    }
    return disarm();
}

template <typename Operation>
bool stopped_by_death(Stop stop, int step, Operation operation) {
    const pid_t pid = fork();
    if (pid == 0) {
        try {
            if (stop == Stop::CallDeath) arm(Fault::Death, step);
            Progress unwatched;
            StoppingProgress stopping{Stop::Death, step};
            operation(stop == Stop::Death ? stopping : unwatched);
        } catch (...) {
            _exit(kErrorCode);
        }
        _exit(0);
    }
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFEXITED(status));
    const int code = WEXITSTATUS(status);
    EXPECT_TRUE(code == 0 || code == kDeathCode) << code;
    return code == kDeathCode;
}

template <typename Operation>
bool stopped_at(Stop stop, int step, Operation operation) {
    if (stop == Stop::Failure) return stopped_by_failure(step, operation);
    if (stop == Stop::CallFailure) return stopped_by_call(step, operation);
    return stopped_by_death(stop, step, operation);
}

// For each step: runs `prepare(folder)` in a new folder, then `operation(folder, progress)`, which
// stops at that step, then `check(folder)`. Returns the number of steps, and prints it for
// dev/torture, which counts them.
template <typename Prepare, typename Operation, typename Check>
int stop_at_each_step(Stop stop, Prepare prepare, Operation operation, Check check) {
    for (int step = 0;; ++step) {
        const ::testing::ScopedTrace trace{__FILE__, __LINE__, "step " + std::to_string(step)};
        const TempFolder folder;
        prepare(folder.path());
        const auto there = [&](Progress& progress) { operation(folder.path(), progress); };
        const bool stopped = stopped_at(stop, step, there);
        check(folder.path());
        if (!stopped || ::testing::Test::HasFailure()) {
            std::cout << "# stopped at " << step << " steps\n";
            return step;
        }
    }
}

inline std::ostream& operator<<(std::ostream& out, Stop stop) {
    static const char* const kNames[] = {"Failure", "Death", "CallFailure", "CallDeath"};
    return out << kNames[static_cast<int>(stop)];
}

inline std::string name_of_stop(const ::testing::TestParamInfo<Stop>& info) {
    return ::testing::PrintToString(info.param);
}

inline auto every_stop() {
    return ::testing::Values(Stop::Failure, Stop::Death, Stop::CallFailure, Stop::CallDeath);
}

// With Stop::CallFailure it syncs, because syncing can fail, too.
inline vm::Settings settings_for(Stop stop) {
    vm::Settings settings;
    if (stop != Stop::CallFailure) settings.durability = vm::Durability::Unsynced;
    return settings;
}

}  // namespace vix::testing
