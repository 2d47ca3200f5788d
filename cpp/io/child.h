// A program that runs, and how it ended. The exit status of a child belongs to whoever asks for it
// first: with $SIG{CHLD} = 'IGNORE', with SA_NOCLDWAIT, or with a handler or a thread that waits
// for every child, the host program takes it away. So a process of ours stands between:
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

#include "io/descriptor.h"
#include "io/environment.h"

namespace vix::io {

// Descriptors that the program gets. Negative: it reads nothing, or its output goes nowhere.
struct Streams {
    int input = -1;
    int output = -1;
};

// `path` is the program's file; `words` are its name and arguments.
struct Command {
    std::string path;
    const std::vector<std::string>& words;
    const Environment& environment;
};

class Child {
  public:
    // Error VIX_E_FAIL or a more precise one if no process can be made.
    Child(const Command& command, Streams streams);
    // Ends the program by SIGTERM if it still runs, and waits for its end.
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    // Waits for the end. 0: success; 128 + n: ended by signal n. Error if the program could not be
    // executed, or if the supervisor was killed before it could report.
    int wait();
    bool has_ended() const;                        // wait() returns at once
    int report() const { return report_.number; }  // can be read as soon as it has ended
    const std::string& path() const { return path_; }

  private:
    void reap() noexcept;

    std::string path_;
    Descriptor report_;
    pid_t supervisor_ = -1;
};

// Starts the program in a session of its own, in the folder /, and does not wait for its end. Error
// if it could not be executed.
void detach(const Command& command);

}  // namespace vix::io
