// Blocks the signals that others send to the calling thread while an object exists; but not those
// that its own instructions raise, on which Java and Go rely in the callbacks that they give us.
#pragma once

#include <pthread.h>
#include <signal.h>

namespace vix::capi {

class AsynchronousSignalsBlocked {
  public:
    AsynchronousSignalsBlocked() {
        sigset_t blocked;
        sigfillset(&blocked);
        for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT}) {
            sigdelset(&blocked, signal);
        }
        pthread_sigmask(SIG_SETMASK, &blocked, &before_);
    }
    ~AsynchronousSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    AsynchronousSignalsBlocked(const AsynchronousSignalsBlocked&) = delete;
    AsynchronousSignalsBlocked& operator=(const AsynchronousSignalsBlocked&) = delete;

  private:
    sigset_t before_{};
};

}  // namespace vix::capi
