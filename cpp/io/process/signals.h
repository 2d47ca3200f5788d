// Blocks all signals in the calling thread while an object exists. Our threads are started
// meanwhile, so every signal goes to the caller's own threads, where the caller's language expects
// it.
#pragma once

#include <pthread.h>
#include <signal.h>

namespace vix::io {

class SignalsBlocked {
  public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

  private:
    sigset_t before_{};
};

}  // namespace vix::io
