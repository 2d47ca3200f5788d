#include "io/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/error.h"
#include "io/signals.h"

namespace vix::io {
namespace {

constexpr int kNotStarted = 127;  // as the shell says it
constexpr int kSignalBase = 128;

// Between fork and exec only what is safe after a fork of a process with threads.
void close_from(int first) {
#ifdef SYS_close_range
    if (syscall(SYS_close_range, static_cast<unsigned>(first), ~0U, 0U) == 0) return;
#endif
    const long limit = sysconf(_SC_OPEN_MAX);
    for (int i = first; i < limit; ++i) close(i);
}

// Negative: nothing to read, or to print to.
struct Streams {
    int input = -1;
    int output = -1;
};

[[noreturn]] void become(const std::string& program, char* const* arguments, Streams streams) {
    const int null = open("/dev/null", O_RDWR);
    dup2(streams.input < 0 ? null : streams.input, STDIN_FILENO);
    dup2(streams.output < 0 ? null : streams.output, STDOUT_FILENO);
    dup2(STDOUT_FILENO, STDERR_FILENO);
    close_from(STDERR_FILENO + 1);
    for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execv(program.c_str(), arguments);
    _exit(kNotStarted);
}

std::string require_program(const std::vector<std::string>& command) {
    const auto program = find_program(command.front());
    if (program) return *program;
    throw Error{VIX_E_FILE_NOT_FOUND,
                "the program " + command.front() + " is not installed (looked for in PATH)"};
}

std::vector<char*> arguments_for(const std::vector<std::string>& command) {
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    return arguments;
}

// Where the host program ignores its children's ends, there is no status: taken for success.
int wait_for(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return 0;
    }
    return WIFSIGNALED(status) ? kSignalBase + WTERMSIG(status) : WEXITSTATUS(status);
}

std::string read_all(int descriptor, std::size_t limit) {
    std::string text;
    char buffer[4096];
    for (;;) {
        const ssize_t count = read(descriptor, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return text;
        const auto room = limit - std::min(text.size(), limit);
        text.append(buffer, std::min(static_cast<std::size_t>(count), room));
    }
}

// Closed when this goes.
struct Descriptor {
    Descriptor() = default;
    explicit Descriptor(int opened) : number{opened} {}
    ~Descriptor() { shut(); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    void shut() {
        if (number >= 0) close(number);
        number = -1;
    }
    int release() { return std::exchange(number, -1); }
    int number = -1;
};

struct Pipe {
    explicit Pipe(const std::string& program) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0) throw system_error(errno, "starting", program);
        out.number = ends[0];
        in.number = ends[1];
    }
    Descriptor out;
    Descriptor in;
};

// All of it is there before the program starts: nobody has to write while somebody reads.
Descriptor file_with(std::string_view text, const std::string& program) {
    Descriptor file{memfd_create("input", MFD_CLOEXEC)};
    if (file.number < 0) throw system_error(errno, "starting", program);
    while (!text.empty()) {
        const ssize_t count = write(file.number, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw system_error(errno, "starting", program);
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    lseek(file.number, 0, SEEK_SET);
    return Descriptor{file.release()};
}

pid_t start(const std::string& program, const std::vector<std::string>& command, Streams streams) {
    const auto arguments = arguments_for(command);
    const SignalsBlocked blocked;
    const pid_t child = fork();
    if (child == 0) become(program, arguments.data(), streams);
    if (child < 0) throw system_error(errno, "starting", program);
    return child;
}

}  // namespace

std::optional<std::string> find_program(const std::string& name) {
    if (name.find('/') != std::string::npos) {
        return access(name.c_str(), X_OK) == 0 ? std::optional{name} : std::nullopt;
    }
    const char* path = std::getenv("PATH");
    // The folders that administrators' programs are in are not in everybody's PATH.
    std::string folders = std::string{path == nullptr ? "" : path} + ":/usr/bin:/usr/sbin:/bin";
    for (std::size_t begin = 0; begin < folders.size();) {
        const std::size_t end = std::min(folders.find(':', begin), folders.size());
        const std::string place = folders.substr(begin, end - begin) + '/' + name;
        if (end > begin && access(place.c_str(), X_OK) == 0) return place;
        begin = end + 1;
    }
    return std::nullopt;
}

Outcome run(const std::vector<std::string>& command, std::string_view input, std::size_t limit) {
    const std::string program = require_program(command);
    Pipe pipe{program};
    Descriptor file = input.empty() ? Descriptor{} : file_with(input, program);
    const pid_t child = start(program, command, {file.number, pipe.in.number});
    pipe.in.shut();
    Outcome outcome;
    outcome.output = read_all(pipe.out.number, limit);
    outcome.status = wait_for(child);
    return outcome;
}

Companion::Companion(const std::vector<std::string>& command) {
    const std::string program = require_program(command);
    Pipe input{program};
    Pipe output{program};
    process_ = start(program, command, {input.out.number, output.in.number});
    input_ = input.in.release();
    output_ = output.out.release();
}

Companion::~Companion() {
    close(input_);
    kill(process_, SIGTERM);
    wait_for(process_);
    close(output_);
}

std::optional<std::string> Companion::last_words() {
    siginfo_t ended{};
    const bool asked =
        waitid(P_PID, static_cast<id_t>(process_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0;
    if (asked && ended.si_pid == 0) return std::nullopt;
    return read_all(output_, kDetailLimit);
}

void start_detached(const std::vector<std::string>& command) {
    const std::string program = require_program(command);
    const auto arguments = arguments_for(command);
    pid_t child = -1;
    {
        const SignalsBlocked blocked;
        child = fork();
        if (child == 0) {
            setsid();
            if (fork() != 0) _exit(0);  // the grandchild is nobody's, so nobody has to wait for it
            if (chdir("/") != 0) _exit(kNotStarted);
            become(program, arguments.data(), {});
        }
    }
    if (child < 0) throw system_error(errno, "starting", program);
    wait_for(child);
}

}  // namespace vix::io
