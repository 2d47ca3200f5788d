// Fault injection: the system calls of this process that change files pass through here, and one of
// them can be made to fail, or to be the last thing the process does.
#pragma once

namespace vix::testing {

enum class Fault { Error, Death };

inline constexpr int kDeathCode = 7;

// From now on, counted from 0 over all threads: call number `number` fails with EIO and does
// nothing, or ends the process with kDeathCode before it is made. unlink() never fails.
void arm(Fault fault, int number);

// Back to normal. Whether the call was reached.
bool disarm();

// Calls that fail while this object lives, on every file whose path contains `part`.
enum class Call {
    Close,   // of a file that could be written to: EDQUOT, after it was closed, as with NFS
    Unlink,  // EPERM, as of a file that is immutable
    Rename,  // to that path: EPERM
};

class Refusal {
  public:
    Refusal(Call call, const char* part);
    ~Refusal();
    Refusal(const Refusal&) = delete;
    Refusal& operator=(const Refusal&) = delete;
    int count() const;  // of calls that failed
};

// The next file that is made under a path that contains `part` is made only after that time.
void delay_next_file(const char* part, int ms);

// The next folder that is opened to be listed is interrupted by a signal once.
void interrupt_next_folder();

// Whether that is still to come.
bool interrupt_is_due();

// How many folders this process has opened to be listed.
int opened_folders();

// The next file whose state is asked for by its descriptor does not tell it, with EIO.
void hide_next_state();

}  // namespace vix::testing
