// Runs a program and reports how it ended.
//
// Whoever asks first gets the exit status of a child: with $SIG{CHLD} = 'IGNORE', with
// SA_NOCLDWAIT, or with a handler or a thread that waits for every child, the host program takes
// it. So a process of ours stands between:
//
//     host program --clone, no exit signal--> supervisor --clone--> program
//           ^                                     |
//           +------ pipe: status or errno --------+
//
// The supervisor waits for the program with signal settings of its own and writes the status to a
// pipe. It has no exit signal: the host program gets no SIGCHLD for it, and an ordinary wait() does
// not see it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "io/files/file_descriptor.h"
#include "io/process/environment.h"

namespace vix::io {

// Descriptors that the program gets; the caller keeps them. Negative: empty input, or output that
// is discarded.
struct Streams {
    int input = -1;
    int output = -1;
};

// `path` is the program's file. `words` are its name and its arguments.
struct Command {
    std::string path;
    const std::vector<std::string>& words;
    const Environment& environment;
};

class Child {
  public:
    // Throws the Error of the failed system call if no process can be created.
    Child(const Command& command, Streams streams);
    // Sends SIGTERM to the program if it still runs, and waits for its end.
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    // Waits for the end. Returns the exit status, or 128 + n if signal n ended the program. Throws
    // an Error if the program could not be executed, or if the supervisor was killed before it
    // reported.
    int wait();
    bool has_ended() const;                        // true if wait() would not block
    int report() const { return report_.number; }  // becomes readable when the program has ended
    const std::string& path() const { return path_; }

  private:
    void reap() noexcept;

    std::string path_;
    Descriptor report_;
    pid_t supervisor_ = -1;
};

// Starts the program in a session of its own, in the folder /, and does not wait for its end.
// Throws an Error if the program could not be executed.
void detach(const Command& command);

}  // namespace vix::io
