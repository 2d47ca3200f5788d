#include "capi/callbacks.h"

#include <pthread.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

#include "api/jobs.h"
#include "api/simple.h"
#include "capi/error_texts.h"
#include "capi/signals.h"

namespace vix::capi {
namespace {

constexpr std::chrono::seconds kIdleTime{10};
constexpr int kExitPatienceMs = 10 * 1000;

// So soon does a signal's handler run while a thread waits: it takes no signals in between, since a
// handler that leaves by a longjmp would take a lock with it.
constexpr int kSliceMs = 50;

// Registered when the library is loaded, so before the core registers its own. Handlers before a
// fork run in the reverse order: the core's locks are taken first, as on_event() finds them.
const bool fork_is_safe = [] {
    pthread_atfork(
        [] {
            callbacks().before_fork();
            error_texts().before_fork();
        },
        [] {
            error_texts().after_fork();
            callbacks().after_fork_in_parent();
        },
        [] {
            error_texts().after_fork();
            callbacks().after_fork_in_child();
        });
    return true;
}();

}  // namespace

thread_local const Callbacks::Frame* Callbacks::frames_ = nullptr;

bool Callbacks::is_within(VixHandle job) noexcept {
    for (const Frame* frame = frames_; frame != nullptr; frame = frame->outer) {
        if (frame->job == job) return true;
    }
    return false;
}

VixHandle Callbacks::start(std::size_t call, const api::Argument* arguments,
                           const Callback& callback) noexcept {
    end_jobs_at_exit();
    DeliveryPointer delivery;
    std::function<void()> notify;
    try {
        delivery = std::make_shared<Delivery>();
        delivery->callback = callback;
        notify = [this, delivery] { on_event(delivery); };
    } catch (...) {
        // Without memory for its callbacks a job runs without.
        return api::start_call(call, arguments, api::Events::Drop);
    }
    const VixHandle job = api::start_call(call, arguments, api::Events::Keep, std::move(notify));
    if (job != VIX_INVALID_HANDLE) open(job, delivery);
    return job;
}

void Callbacks::open(VixHandle job, const DeliveryPointer& delivery) noexcept {
    try {
        api::add_ref_handle(job);
        const std::lock_guard lock{mutex_};
        open_.emplace(job, delivery);
        ++open_count_;
        delivery->job = job;
        if (delivery->again) queue(delivery);
    } catch (...) {
        // No memory: its callbacks are lost, or called with the next event.
    }
}

// Runs under the core's lock on jobs.
void Callbacks::on_event(const DeliveryPointer& delivery) noexcept {
    try {
        const std::lock_guard lock{mutex_};
        delivery->moved = Clock::now();
        queue(delivery);
    } catch (...) {
        // No memory for the queue: the next event tries again.
    }
}

void Callbacks::queue(const DeliveryPointer& delivery) {
    if (stopped_ || delivery->queued) return;
    if (delivery->running || delivery->job == VIX_INVALID_HANDLE) {
        delivery->again = true;
        return;
    }
    delivery->again = false;
    if (delivery->callback.thread == Thread::Pump) {
        pumped_.push_back(delivery);
        delivery->queued = true;
        return;
    }
    ready_.push_back(delivery);
    delivery->queued = true;
    start_thread_if_needed();
    work_.notify_one();
}

// As in the core's JobRunner: a thread that was woken for one delivery may not have taken it yet.
void Callbacks::start_thread_if_needed() {
    if (ready_.size() <= idle_ || threads_ == kMaxThreads) return;
    try {
        const AsynchronousSignalsBlocked blocked;
        std::thread{[this] { serve(); }}.detach();
        ++threads_;
    } catch (const std::system_error&) {
        // It has to wait for a thread that there is; without one, VixJob_Wait gives up.
    }
}

void Callbacks::serve() {
    std::unique_lock lock{mutex_};
    for (;;) {
        if (ready_.empty()) {
            ++idle_;
            const bool woken = work_.wait_for(lock, kIdleTime, [this] { return !ready_.empty(); });
            --idle_;
            if (!woken) break;
        }
        const DeliveryPointer delivery = std::move(ready_.front());
        ready_.pop_front();
        run(lock, delivery);
    }
    --threads_;
}

void Callbacks::run(std::unique_lock<std::mutex>& lock, const DeliveryPointer& delivery) {
    delivery->queued = false;
    delivery->running = true;
    ++running_;
    lock.unlock();
    const bool over = deliver(*delivery);
    lock.lock();
    --running_;
    delivery->running = false;
    if (over) {
        open_count_ -= open_.erase(delivery->job);
    } else if (delivery->again) {
        queue(delivery);
    }
    lock.unlock();  // who is woken needs it
    returned_.notify_all();
    if (over) api::release_handle(delivery->job);
    lock.lock();
}

// Calls what waits; true: there is nothing more to come.
bool Callbacks::deliver(Delivery& delivery) {
    const Frame frame{delivery.job, frames_};
    frames_ = &frame;
    api::EventOutcome outcome = api::EventOutcome::Event;
    for (api::JobEvent event{}; !stopped_;) {
        outcome = api::next_event(delivery.job, event);
        if (outcome != api::EventOutcome::Event) break;
        note_move(delivery);
        delivery.callback.proc(delivery.job, event.type, event.more_info, delivery.callback.data);
        api::release_handle(event.more_info);
        note_move(delivery);
    }
    frames_ = frame.outer;
    return outcome == api::EventOutcome::NoneEver;
}

void Callbacks::note_move(Delivery& delivery) {
    const std::lock_guard lock{mutex_};
    delivery.moved = Clock::now();
    moved_ = delivery.moved;
}

const Callbacks::Delivery* Callbacks::find(VixHandle job) const noexcept {
    const auto found = open_.find(job);
    return found == open_.end() ? nullptr : found->second.get();
}

// One that waits for a thread has time as long as other callbacks begin and return.
Callbacks::Clock::time_point Callbacks::deadline_of(const Delivery& delivery) const noexcept {
    const bool is_queued = !delivery.running && delivery.callback.thread == Thread::Own;
    return (is_queued ? std::max(delivery.moved, moved_) : delivery.moved) + kPatience;
}

bool Callbacks::is_over(VixHandle job) const noexcept {
    const Delivery* delivery = find(job);
    return delivery == nullptr || stopped_ || Clock::now() >= deadline_of(*delivery);
}

bool Callbacks::are_over(VixHandle job) noexcept {
    if (open_count_ == 0 || is_within(job)) return true;
    const std::lock_guard lock{mutex_};
    return is_over(job);
}

Callbacks::Waited Callbacks::wait_a_slice(VixHandle job) {
    if (open_count_ == 0 || is_within(job)) return Waited::ForNone;
    const AsynchronousSignalsBlocked blocked;
    std::unique_lock lock{mutex_};
    const Delivery* delivery = find(job);
    if (delivery == nullptr || delivery->callback.thread == Thread::Pump || stopped_) {
        return Waited::ForNone;
    }
    const bool over = returned_.wait_for(lock, std::chrono::milliseconds{kSliceMs},
                                         [&] { return find(job) == nullptr || stopped_; });
    return over ? Waited::UntilTheLast : Waited::InVain;
}

// The return of the last callback is the end that is usual. So the thread is not woken for the
// job's own end before.
void Callbacks::wait_for_end(VixHandle job) noexcept {
    for (;;) {
        const Waited waited = wait_a_slice(job);
        const bool ended = api::job_wait(job, waited == Waited::ForNone ? kSliceMs : 0);
        if (ended && (waited != Waited::InVain || are_over(job))) return;
    }
}

void Callbacks::pump(VixHandle host) noexcept {
    try {
        if (any_pump_) learn_pump_hosts();
        std::unique_lock lock{mutex_};
        const auto is_meant = [&](const DeliveryPointer& delivery) {
            const VixHandle own = delivery->callback.host;
            return host == VIX_INVALID_HANDLE || own == VIX_INVALID_HANDLE || own == host;
        };
        std::vector<DeliveryPointer> now;
        std::copy_if(pumped_.begin(), pumped_.end(), std::back_inserter(now), is_meant);
        std::erase_if(pumped_, is_meant);
        // All are marked at once, so that none waits both here and in the queue.
        for (const auto& delivery : now) {
            delivery->queued = false;
            delivery->running = true;
        }
        for (const auto& delivery : now) run(lock, delivery);
    } catch (...) {
        // No memory: the next call of Vix_PumpEvents finds them.
    }
}

void Callbacks::remember_pump(VixHandle job) noexcept {
    try {
        learn_pump_hosts();
        api::add_ref_handle(job);
        const std::lock_guard lock{mutex_};
        pump_jobs_.push_back(job);
        any_pump_ = true;
    } catch (...) {
        // No memory: the callbacks of this host do not wait for the pump.
    }
}

bool Callbacks::pumps(VixHandle host) noexcept {
    if (!any_pump_ || host == VIX_INVALID_HANDLE) return false;
    try {
        learn_pump_hosts();
        const std::lock_guard lock{mutex_};
        return pump_hosts_.contains(host);
    } catch (...) {
        return false;
    }
}

// Each job that connects such a host is held until it has ended: this reads which have.
void Callbacks::learn_pump_hosts() {
    std::vector<VixHandle> jobs;
    {
        const std::lock_guard lock{mutex_};
        jobs = pump_jobs_;
    }
    for (const VixHandle job : jobs) forget_pump_if_ended(job);
}

// The core is asked without the mutex, so several threads may come here for one job.
void Callbacks::forget_pump_if_ended(VixHandle job) {
    if (!api::job_completion(job).complete) return;
    const int id = VIX_PROPERTY_JOB_RESULT_HANDLE;
    const auto result = api::job_result(job, &id, 1);
    const auto* handle = std::get_if<std::int64_t>(&result.values.front());
    const auto host = handle == nullptr ? VIX_INVALID_HANDLE : static_cast<VixHandle>(*handle);
    bool is_first = false;
    {
        const std::lock_guard lock{mutex_};
        if (host != VIX_INVALID_HANDLE) pump_hosts_.insert(host);
        is_first = std::erase(pump_jobs_, job) > 0;
    }
    api::release_handle(host);
    if (is_first) api::release_handle(job);
}

void Callbacks::end_jobs_at_exit() noexcept {
    static const bool registered = std::atexit(at_exit) == 0;
    static_cast<void>(registered);
}

// Whatever the callbacks use, an interpreter say, may go next. One that runs gets its time to end,
// unless the process ends from within it.
void Callbacks::stop() noexcept {
    std::unique_lock lock{mutex_};
    stopped_ = true;
    const std::size_t own = frames_ == nullptr ? 0 : 1;
    returned_.wait_for(lock, kPatience, [&] { return running_ <= own; });
}

void Callbacks::at_exit() {
    callbacks().stop();
    api::end_all_jobs(kExitPatienceMs);
}

void Callbacks::before_fork() {
    mutex_.lock();
}

void Callbacks::after_fork_in_parent() {
    mutex_.unlock();
}

// The threads are gone. The parent's jobs have ended here; the library's references to them stay.
void Callbacks::after_fork_in_child() noexcept {
    open_.clear();
    open_count_ = 0;
    ready_.clear();
    pumped_.clear();
    threads_ = 0;
    idle_ = 0;
    running_ = frames_ == nullptr ? 0 : 1;
    new (&work_) std::condition_variable;  // the parent's threads waited at them
    new (&returned_) std::condition_variable;
    mutex_.unlock();
}

Callbacks& callbacks() noexcept {
    static Callbacks& instance = *new Callbacks;  // NOLINT: never destroyed
    return instance;
}

}  // namespace vix::capi
