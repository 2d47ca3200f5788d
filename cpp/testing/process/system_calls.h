// Replaces this process's system calls that change files. One of them can be made to fail, or to
// end the process; and they can be recorded.
#pragma once

#include <string>
#include <vector>

namespace vix::testing {

enum class Fault { Error, Death };

inline constexpr int kDeathCode = 7;

// Counting from 0 over all threads, call number `number` from now on fails with EIO without effect,
// or ends the process with kDeathCode before it is made. unlink() never fails.
void arm(Fault fault, int number);

// Switches injection off. Returns true if the call was reached.
bool disarm();

// Calls that fail while a Refusal exists, for every file whose path contains `part`.
enum class Call {
    Close,   // of a file open for writing: closes it and fails with EDQUOT, as NFS does
    Unlink,  // EPERM, as for an immutable file
    Rename,  // to that path: EPERM
};

class Refusal {
  public:
    Refusal(Call call, const char* part);
    ~Refusal();
    Refusal(const Refusal&) = delete;
    Refusal& operator=(const Refusal&) = delete;
    int count() const;  // number of calls that failed
};

// Records the calls that make files durable or give them their names, of all threads, while it
// exists; there is one at a time.
class SyncRecord {
  public:
    SyncRecord();
    ~SyncRecord();
    SyncRecord(const SyncRecord&) = delete;
    SyncRecord& operator=(const SyncRecord&) = delete;
    // "sync <path>" once the call has returned, "rename <new path>" before the call is made.
    std::vector<std::string> calls() const;
};

// Stops the thread that creates the next file whose path contains `part`, before it does, until
// go_on() or the destructor. There is one at a time.
class Halt {
  public:
    explicit Halt(const char* part);
    ~Halt();
    Halt(const Halt&) = delete;
    Halt& operator=(const Halt&) = delete;
    bool reached() const;  // true once a thread has been stopped
    void go_on();
};

// Makes the next opening of a folder for listing fail once with EINTR.
void interrupt_next_folder();

// Returns true if that has not happened yet.
bool interrupt_is_due();

// How many folders this process has opened for listing.
int opened_folders();

// Makes the next fstat() fail with EIO.
void hide_next_state();

}  // namespace vix::testing
