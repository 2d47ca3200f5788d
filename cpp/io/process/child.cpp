#include "io/process/child.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cstddef>
#include <optional>

#include "io/process/signals.h"
#include "io/process/uninterrupted.h"

namespace vix::io {
namespace {

constexpr int kNotStarted = 127;  // as in the shell
constexpr int kSignalBase = 128;
// Number of the report pipe in the supervisor, and in the program until exec.
constexpr int kReport = STDERR_FILENO + 1;

// One write() is enough: a report is shorter than PIPE_BUF.
struct Report {
    int error;   // errno of the call that kept the program from starting, else 0
    int status;  // as waitpid() returns it
};

// Uses the system call directly: fork() would run the handlers of pthread_atfork(), which wait for
// locks that other threads hold. Between this call and exec only async-signal-safe functions may
// run.
pid_t make_process(int exit_signal) {
    return static_cast<pid_t>(
        syscall(SYS_clone, static_cast<unsigned long>(exit_signal), nullptr, nullptr, nullptr, 0));
}

// Uses the system call directly, too: a thread sanitizer's _exit() waits for its locks.
[[noreturn]] void end_process(int status) {
    for (;;) syscall(SYS_exit_group, status);
}

void close_from(int first) {
#ifdef SYS_close_range
    if (syscall(SYS_close_range, static_cast<unsigned>(first), ~0U, 0U) == 0) return;
#endif
    const long limit = sysconf(_SC_OPEN_MAX);
    for (int i = first; i < limit; ++i) close(i);
}

void send_report(Report report) {
    static_cast<void>(uninterrupted([&] { return write(kReport, &report, sizeof report); }));
}

struct Start {
    const char* path;
    char* const* words;
    char* const* environment;
    Streams streams;
    int report;
};

// Afterwards the process has its three streams, the report pipe, and no other descriptor. All
// descriptors are first duplicated above 3, because any of them may be one of 0 to 3.
void keep_only(const Start& start) {
    const int null = open("/dev/null", O_RDWR);
    const auto moved = [](int number) { return fcntl(number, F_DUPFD, kReport + 1); };
    const int input = moved(start.streams.input < 0 ? null : start.streams.input);
    const int output = moved(start.streams.output < 0 ? null : start.streams.output);
    const int report = moved(start.report);
    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    dup2(report, kReport);
    fcntl(kReport, F_SETFD, FD_CLOEXEC);
    close_from(kReport + 1);
}

void use_default_signals() {
    for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
}

[[noreturn]] void become(const Start& start) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execve(start.path, start.words, start.environment);
    send_report({errno, 0});
    end_process(kNotStarted);
}

// The supervisor blocks every signal and passes SIGTERM on. Signals from a terminal reach the
// program itself, which is in the same process group.
std::optional<int> status_of(pid_t program) {
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    sigaddset(&awaited, SIGTERM);
    int status = 0;
    for (;;) {
        const pid_t ended = waitpid(program, &status, WNOHANG);
        if (ended == program) return status;
        if (ended < 0) return std::nullopt;
        if (sigwaitinfo(&awaited, nullptr) == SIGTERM) kill(program, SIGTERM);
    }
}

[[noreturn]] void supervise(const Start& start) {
    keep_only(start);
    use_default_signals();
    const pid_t program = make_process(SIGCHLD);
    if (program == 0) become(start);
    if (program < 0) {
        send_report({errno, 0});
        end_process(kNotStarted);
    }
    for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number) close(number);
    // If the program could not be executed, it has written its report earlier, and the reader takes
    // the first one.
    if (const auto status = status_of(program)) send_report({0, *status});
    end_process(0);
}

[[noreturn]] void start_alone(const Start& start) {
    keep_only(start);
    use_default_signals();
    setsid();
    const pid_t program = make_process(SIGCHLD);
    if (program == 0 && chdir("/") == 0) become(start);
    if (program <= 0) send_report({errno, 0});
    end_process(0);
}

// Blocks the calling thread's signals meanwhile, so that no signal runs the host program's handlers
// in the new process.
pid_t start_supervisor(const Command& command, Streams streams, int report,
                       void (*supervisor)(const Start&)) {
    std::vector<char*> words;
    words.reserve(command.words.size() + 1);
    for (const std::string& word : command.words) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const std::vector<char*> environment = command.environment.pointers();
    const Start start{command.path.c_str(), words.data(), environment.data(), streams, report};
    const SignalsBlocked blocked;
    const pid_t process = make_process(0);
    if (process == 0) supervisor(start);
    if (process < 0) throw system_error(errno, "starting", command.path);
    return process;
}

// __WALL, because a plain waitpid() ignores a child without an exit signal.
void reap(pid_t supervisor) {
    uninterrupted([&] { return waitpid(supervisor, nullptr, __WALL); });
}

}  // namespace

Child::Child(const Command& command, Streams streams) : path_{command.path} {
    Pipe pipe{command.path};
    supervisor_ = start_supervisor(command, streams, pipe.in.number, supervise);
    report_ = std::move(pipe.out);
}

Child::~Child() {
    if (supervisor_ < 0) return;
    kill(supervisor_, SIGTERM);
    reap();
}

void Child::reap() noexcept {
    io::reap(std::exchange(supervisor_, -1));
}

int Child::wait() {
    Report report{};
    const ssize_t count =
        uninterrupted([&] { return read(report_.number, &report, sizeof report); });
    reap();
    if (count != sizeof report) {
        throw Error{VIX_E_FAIL, "the exit status of " + path_ +
                                    " is unknown: the process that supervised it was killed"};
    }
    if (report.error != 0) throw system_error(report.error, "executing", path_);
    const int status = report.status;
    return WIFSIGNALED(status) ? kSignalBase + WTERMSIG(status) : WEXITSTATUS(status);
}

bool Child::has_ended() const {
    pollfd asked{report_.number, POLLIN, 0};
    return uninterrupted([&] { return poll(&asked, 1, 0); }) > 0;
}

// Exec closes the report pipe, so reading it waits exactly until the program is executed or has
// failed.
void detach(const Command& command) {
    Pipe pipe{command.path};
    const pid_t starter = start_supervisor(command, {}, pipe.in.number, start_alone);
    pipe.in.shut();
    Report report{};
    const ssize_t count =
        uninterrupted([&] { return read(pipe.out.number, &report, sizeof report); });
    reap(starter);
    if (count == sizeof report) throw system_error(report.error, "executing", command.path);
}

}  // namespace vix::io
