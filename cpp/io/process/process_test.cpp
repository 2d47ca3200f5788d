#include "io/process/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <thread>

#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"
#include "testing/process/waiting.h"

namespace vix::io {
namespace {

const Environment kHere = Environment::of_process();

TEST(Process, GivesWhatAProgramPrintsAndItsStatus) {
    const auto outcome = run(kHere, {"sh", "-c", "echo out; echo err >&2; exit 3"});
    EXPECT_EQ(outcome.output, "out\nerr\n");
    EXPECT_EQ(outcome.status, 3);
}

TEST(Process, SignalIsAStatusAbove128) {
    EXPECT_EQ(run(kHere, {"sh", "-c", "kill -TERM $$"}).status, 128 + SIGTERM);
}

TEST(Process, ArgumentsAreNotReadByAShell) {
    EXPECT_EQ(run(kHere, {"printf", "%s|", "a b", "$HOME", "'"}).output, "a b|$HOME|'|");
}

TEST(Process, UnknownProgramIsSaid) {
    EXPECT_EQ(testing::code_of([] { run(kHere, {"no-such-program-of-ours"}); }),
              VIX_E_FILE_NOT_FOUND);
}

TEST(Process, InheritsNoFile) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);  // without close-on-exec
    const auto outcome = run(kHere, {"sh", "-c", "ls /proc/self/fd | wc -l"});
    close(ends[0]);
    close(ends[1]);
    EXPECT_EQ(outcome.output, "4\n");  // 0 to 2, and the folder that ls reads
}

TEST(Process, ThatCannotBeExecutedIsAnError) {
    const testing::TempFolder folder;
    const auto program = folder.write("program", "#!/no/such/interpreter\n");
    chmod(program.c_str(), 0755);
    EXPECT_EQ(testing::code_of([&] { run(kHere, {program.string()}); }), VIX_E_FILE_NOT_FOUND);
    EXPECT_EQ(testing::code_of([&] { start_detached(kHere, {program.string()}); }),
              VIX_E_FILE_NOT_FOUND);
}

TEST(Process, HasTheEnvironmentThatIsGiven) {
    setenv("VIX_TEST_VARIABLE", "before", 1);
    const auto environment = Environment::of_process();
    setenv("VIX_TEST_VARIABLE", "after", 1);
    EXPECT_EQ(run(environment, {"sh", "-c", "echo $VIX_TEST_VARIABLE"}).output, "before\n");
    unsetenv("VIX_TEST_VARIABLE");
}

TEST(Process, OutputOfWhatItLeavesBehindIsNotAwaited) {
    const testing::TempFolder folder;  // what is left behind waits until it vanishes
    const auto outcome =
        run(kHere, {"sh", "-c", "while [ -e \"$0\" ]; do sleep 0.1; done & echo done",
                    folder.path().string()});
    EXPECT_EQ(outcome.output, "done\n");
}

TEST(Process, InputAndOutputOfAnySizeGoThrough) {
    const std::string input(std::size_t{3} << 20, 'x');
    EXPECT_EQ(run(kHere, {"cat"}, input, input.size()).output.size(), input.size());
}

void reap_everything(int) {
    const int before = errno;
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    errno = before;
}

void do_nothing(int) {}

// What a host program may do with SIGCHLD. In each case run() must return the right status, and the
// host program must not notice the child.
struct ChildSignal {
    const char* name;
    void (*handler)(int);
    int flags;
    bool blocked;
};

std::ostream& operator<<(std::ostream& out, const ChildSignal& signal) {
    return out << signal.name;
}

class ProcessUnder : public ::testing::TestWithParam<ChildSignal> {
  protected:
    void SetUp() override {
        struct sigaction action {};
        action.sa_handler = GetParam().handler;
        action.sa_flags = GetParam().flags;
        sigaction(SIGCHLD, &action, &before_);
        sigset_t child;
        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        if (GetParam().blocked) pthread_sigmask(SIG_BLOCK, &child, &mask_before_);
    }
    void TearDown() override {
        if (GetParam().blocked) pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
        sigaction(SIGCHLD, &before_, nullptr);
    }

  private:
    struct sigaction before_ {};
    sigset_t mask_before_{};
};

TEST_P(ProcessUnder, EveryStatusArrives) {
    for (const int status : {0, 1, 126, 127, 255}) {
        const auto command = "sleep 0.02; exit " + std::to_string(status);
        EXPECT_EQ(run(kHere, {"sh", "-c", command}).status, status);
    }
    EXPECT_EQ(run(kHere, {"sh", "-c", "kill -KILL $$"}).status, 128 + SIGKILL);
}

TEST_P(ProcessUnder, WaitingForEveryChildTakesNoneOfOurs) {
    std::atomic<bool> done{false};
    std::atomic<int> taken{0};
    std::thread reaper{[&] {
        while (!done) {
            if (waitpid(-1, nullptr, WNOHANG) > 0) ++taken;
            usleep(100);
        }
    }};
    for (int i = 0; i < 10; ++i) EXPECT_EQ(run(kHere, {"sh", "-c", "exit 9"}).status, 9);
    done = true;
    reaper.join();
    EXPECT_EQ(taken, 0);
}

TEST_P(ProcessUnder, DetachedIsStarted) {
    const testing::TempFolder folder;
    start_detached(kHere, {"sh", "-c", "echo here >\"$0\"", (folder / "mark").string()});
    EXPECT_TRUE(testing::wait_for_text(folder / "mark", "here\n"));
}

INSTANTIATE_TEST_SUITE_P(
    AChildSignal, ProcessUnder,
    ::testing::Values(ChildSignal{"Default", SIG_DFL, 0, false},
                      ChildSignal{"Ignored", SIG_IGN, 0, false},
                      ChildSignal{"NoWait", SIG_DFL, SA_NOCLDWAIT, false},
                      ChildSignal{"NoWaitHandled", do_nothing, SA_NOCLDWAIT, false},
                      ChildSignal{"Reaped", reap_everything, SA_RESTART, false},
                      ChildSignal{"Blocked", SIG_DFL, 0, true}),
    [](const auto& sample) { return std::string{sample.param.name}; });

TEST(Process, DetachedOutlivesNobodyButIsNobodysChild) {
    const testing::TempFolder folder;
    start_detached(kHere, {"sh", "-c", "echo $PPID >\"$1\"", "sh", (folder / "parent").string()});
    ASSERT_TRUE(testing::wait_for_text(folder / "parent", "\n"));
    EXPECT_NE(testing::read_file(folder / "parent"), std::to_string(getpid()) + "\n");
}

}  // namespace
}  // namespace vix::io
