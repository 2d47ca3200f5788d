// Who calls the callbacks of jobs: threads that are made when there is something to call, and go
// when there is nothing for a while; or Vix_PumpEvents, for hosts that were connected so. The
// callbacks of one job never overlap; those of several jobs do.
//
// All functions may be called from any thread, also within a callback, where nothing else is said.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "api/call_table.h"
#include "capi/exports.h"

namespace vix::capi {

enum class Thread { Own, Pump };

struct Callback {
    VixEventProc* proc;
    void* data;
    Thread thread;
    VixHandle host;  // for Thread::Pump: whose; VIX_INVALID_HANDLE while it has no handle yet
};

class Callbacks {
  public:
    // So long does an ended job count as unfinished while a callback of it does not return, or
    // while none can be called since all threads are in such ones. A program that waits under a
    // lock which its callback needs, as Ruby's, would wait for ever.
    static constexpr std::chrono::seconds kPatience{2};
    static constexpr std::size_t kMaxThreads = 64;

    // Starts a call with a callback; the library holds a reference to the job until the last one
    // was called. As api::start_call().
    VixHandle start(std::size_t call, const api::Argument* arguments,
                    const Callback& callback) noexcept;

    // Whether all callbacks of an ended job have returned, or are not to be waited for: within one
    // of them, after kPatience, when the process ends.
    bool are_over(VixHandle job) noexcept;

    // Waits until the job has ended and they are over; not for callbacks that wait for
    // Vix_PumpEvents, which the caller may be the one to call.
    void wait_for_end(VixHandle job) noexcept;

    // Vix_PumpEvents: calls each that waits for this host once in the calling thread.
    void pump(VixHandle host) noexcept;

    // The host that this job connects is one whose callbacks wait for Vix_PumpEvents.
    void remember_pump(VixHandle job) noexcept;
    bool pumps(VixHandle host) noexcept;

    // From now on the end of the process first stops callbacks and then ends all jobs.
    void end_jobs_at_exit() noexcept;

    // Around fork(). In the child no job of the parent has a callback any more.
    void before_fork();
    void after_fork_in_parent();
    void after_fork_in_child() noexcept;

  private:
    using Clock = std::chrono::steady_clock;

    struct Delivery {
        Callback callback;
        VixHandle job = VIX_INVALID_HANDLE;  // none before the call has returned it
        bool queued = false;
        bool running = false;
        bool again = false;  // an event came while it ran, or before the job had a handle
        Clock::time_point moved = Clock::now();  // an event came, or a callback began or returned
    };
    using DeliveryPointer = std::shared_ptr<Delivery>;

    // The deliveries that the calling thread is in the midst of, innermost first.
    struct Frame {
        VixHandle job;
        const Frame* outer;
    };
    static thread_local const Frame* frames_;
    static bool is_within(VixHandle job) noexcept;

    enum class Waited { ForNone, InVain, UntilTheLast };
    Waited wait_a_slice(VixHandle job);

    void open(VixHandle job, const DeliveryPointer& delivery) noexcept;
    void on_event(const DeliveryPointer& delivery) noexcept;

    // These expect the caller to hold the mutex, which run() gives back meanwhile.
    void queue(const DeliveryPointer& delivery);
    void start_thread_if_needed();
    void run(std::unique_lock<std::mutex>& lock, const DeliveryPointer& delivery);
    const Delivery* find(VixHandle job) const noexcept;
    Clock::time_point deadline_of(const Delivery& delivery) const noexcept;
    bool is_over(VixHandle job) const noexcept;

    void learn_pump_hosts();
    void forget_pump_if_ended(VixHandle job);
    bool deliver(Delivery& delivery);
    void note_move(Delivery& delivery);
    void serve();
    void stop() noexcept;
    static void at_exit();

    // Taken under the core's lock on jobs (on_event), and before a fork after all of the core's. So
    // nothing of the core is called while it is held.
    std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable returned_;           // a callback did, or all of a job
    std::map<VixHandle, DeliveryPointer> open_;  // by job
    std::deque<DeliveryPointer> ready_;
    std::deque<DeliveryPointer> pumped_;
    // Jobs that connect such hosts, each with a reference of ours, until the host is known.
    std::vector<VixHandle> pump_jobs_;
    std::set<VixHandle> pump_hosts_;
    std::atomic<bool> any_pump_{false};
    std::size_t threads_ = 0;
    std::size_t idle_ = 0;
    std::size_t running_ = 0;
    Clock::time_point moved_ = Clock::now();  // when a callback of any job began or returned
    std::atomic<std::size_t> open_count_{0};  // spares who has no callbacks the mutex
    std::atomic<bool> stopped_{false};
};

// The library's own; never destroyed, since threads may use it until the process ends.
Callbacks& callbacks() noexcept;

}  // namespace vix::capi
