#include "io/process/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "io/process/uninterrupted.h"

namespace vix::io {
namespace {

std::string require_program(const Environment& environment,
                            const std::vector<std::string>& command) {
    const auto program = find_program(environment, command.front());
    if (program) return *program;
    throw Error{VIX_E_FILE_NOT_FOUND,
                "the program " + command.front() +
                    " is not installed: it is neither in PATH nor in /usr/bin, /usr/sbin or /bin"};
}

// Returns false at the end of the input, and on a non-blocking descriptor also if nothing can be
// read now.
bool read_some(int descriptor, std::size_t limit, std::string& text) {
    char buffer[4096];
    const ssize_t count = uninterrupted([&] { return read(descriptor, buffer, sizeof buffer); });
    if (count <= 0) return false;
    const auto room = limit - std::min(text.size(), limit);
    text.append(buffer, std::min(static_cast<std::size_t>(count), room));
    return true;
}

// Reads what is available without waiting. Another process (say, one that the host program forked
// meanwhile) may hold the other end open for ever.
void drain(int descriptor, std::size_t limit, std::string& text) {
    fcntl(descriptor, F_SETFL, O_NONBLOCK);
    while (read_some(descriptor, limit, text)) {
    }
}

// All output until the program has ended.
std::string read_output(const Child& child, int descriptor, std::size_t limit) {
    std::string text;
    for (;;) {
        pollfd asked[] = {{descriptor, POLLIN, 0}, {child.report(), POLLIN, 0}};
        if (uninterrupted([&] { return poll(asked, 2, -1); }) < 0) {
            throw system_error(errno, "reading the output of", child.path());
        }
        if (asked[1].revents != 0) break;
        if (asked[0].revents != 0 && !read_some(descriptor, limit, text)) return text;
    }
    drain(descriptor, limit, text);
    return text;
}

// A memory file holds all input before the program starts, so nobody has to write while somebody
// reads.
Descriptor file_with(std::string_view text, const std::string& program) {
    Descriptor file{memfd_create("input", MFD_CLOEXEC)};
    if (file.number < 0) throw system_error(errno, "starting", program);
    while (!text.empty()) {
        const ssize_t count =
            uninterrupted([&] { return write(file.number, text.data(), text.size()); });
        if (count < 0) throw system_error(errno, "starting", program);
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    lseek(file.number, 0, SEEK_SET);
    return file;
}

}  // namespace

std::optional<std::string> find_program(const Environment& environment, const std::string& name) {
    if (name.find('/') != std::string::npos) {
        return access(name.c_str(), X_OK) == 0 ? std::optional{name} : std::nullopt;
    }
    // Some users' PATH lacks the folders of administrators' programs.
    std::string folders = environment.find("PATH").value_or("") + ":/usr/bin:/usr/sbin:/bin";
    for (std::size_t begin = 0; begin < folders.size();) {
        const std::size_t end = std::min(folders.find(':', begin), folders.size());
        const std::string place = folders.substr(begin, end - begin) + '/' + name;
        if (end > begin && access(place.c_str(), X_OK) == 0) return place;
        begin = end + 1;
    }
    return std::nullopt;
}

Outcome run(const Environment& environment, const std::vector<std::string>& command,
            std::string_view input, std::size_t limit) {
    const std::string program = require_program(environment, command);
    Pipe pipe{program};
    const Descriptor file = input.empty() ? Descriptor{} : file_with(input, program);
    Child child{{program, command, environment}, {file.number, pipe.in.number}};
    pipe.in.shut();
    Outcome outcome;
    outcome.output = read_output(child, pipe.out.number, limit);
    outcome.status = child.wait();
    return outcome;
}

Companion::Companion(const Environment& environment, const std::vector<std::string>& command)
    : Companion{environment, command, require_program(environment, command)} {}

Companion::Companion(const Environment& environment, const std::vector<std::string>& command,
                     const std::string& path)
    : input_{path},
      output_{path},
      child_{{path, command, environment}, {input_.out.number, output_.in.number}} {
    input_.out.shut();
    output_.in.shut();
}

std::optional<std::string> Companion::last_words() {
    if (!child_.has_ended()) return std::nullopt;
    std::string text;
    drain(output_.out.number, kDetailLimit, text);
    return text;
}

void start_detached(const Environment& environment, const std::vector<std::string>& command) {
    detach({require_program(environment, command), command, environment});
}

}  // namespace vix::io
