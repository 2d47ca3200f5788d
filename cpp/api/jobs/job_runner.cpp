#include "api/jobs/job_runner.h"

#include <pthread.h>

#include <algorithm>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

#include "io/process/c_locale.h"
#include "io/process/signals.h"

namespace vix::api {
namespace {

// Long enough for a script with call after call to find its worker still there.
constexpr std::chrono::seconds kIdleTime{10};

// Waking up a thread on a processor that sleeps takes longer than opening a machine. So neither a
// worker without work nor who waits for a new job sleeps at once.
constexpr std::chrono::microseconds kAwake{100};

void stay_awake_until_changed(const std::atomic<std::size_t>& count, std::size_t seen) {
    const auto end = std::chrono::steady_clock::now() + kAwake;
    while (count == seen && std::chrono::steady_clock::now() < end) std::this_thread::yield();
}

// The same order as at the end of a job; another one could deadlock.
void lock_all() {
    job_runner().before_fork();
    runtime().handles.before_fork();
}

void unlock_in_parent() {
    runtime().handles.after_fork();
    job_runner().after_fork_in_parent();
}

void unlock_in_child() {
    runtime().handles.after_fork();
    job_runner().after_fork_in_child();
}

}  // namespace

void JobRunner::start(std::shared_ptr<JobObject> job) {
    const std::lock_guard lock{mutex_};
    unfinished_.push_back(job);
    ++started_;
    if (!job->machine().empty()) {
        const auto [place, is_free] = machines_.try_emplace(job->machine());
        if (!is_free) {
            place->second.push_back(std::move(job));
            return;
        }
    }
    ready_.push_back(std::move(job));
    start_thread_if_needed();
    work_.notify_one();
}

// An idle worker may have been notified for a job that it has not taken yet. So compare the number
// of ready jobs with the number of idle workers.
void JobRunner::start_thread_if_needed() {
    if (ready_.size() <= idle_ || threads_ == kMaxThreads) return;
    try {
        const io::SignalsBlocked blocked;
        std::thread{[this] {
            const io::CLocale locale;
            serve();
        }}.detach();
        ++threads_;
    } catch (const std::system_error&) {
        if (threads_ > 0) return;  // the job waits for a thread that exists
        const auto job = std::move(ready_.back());
        ready_.pop_back();
        job->fail(VIX_E_OUT_OF_MEMORY, "the system cannot create a thread for the job");
        end(*job);
        ended_.notify_all();
        let_next_of_machine_run(*job);
    }
}

void JobRunner::serve() {
    std::unique_lock lock{mutex_};
    for (;;) {
        if (ready_.empty()) {
            ++idle_;
            const bool woken = work_.wait_for(lock, kIdleTime, [this] { return !ready_.empty(); });
            --idle_;
            if (!woken) break;
        }
        auto job = std::move(ready_.front());
        ready_.pop_front();
        if (job->state == JobObject::State::Queued) {
            job->state = JobObject::State::Running;
            lock.unlock();
            job->work();
            job->drop_input();
            lock.lock();
            end(*job);
        }
        let_next_of_machine_run(*job);
        // The worker drops its reference before it releases the mutex and anybody can see the job's
        // end. So releasing the job's handle then frees everything that the job holds.
        job.reset();
        // Not under the mutex: who waits would wake up only to wait for that. Whoever it is may
        // start the next job at once, which this worker takes.
        const bool has_work = !ready_.empty();
        const std::size_t started = started_;
        ++idle_;
        lock.unlock();
        ended_.notify_all();
        if (!has_work) stay_awake_until_changed(started_, started);
        lock.lock();
        --idle_;
    }
    --threads_;
}

void JobRunner::let_next_of_machine_run(const JobObject& job) {
    const auto place = machines_.find(job.machine());
    if (place == machines_.end()) return;
    if (place->second.empty()) {
        machines_.erase(place);
        return;
    }
    ready_.push_back(std::move(place->second.front()));
    place->second.pop_front();
    start_thread_if_needed();
    work_.notify_one();
}

void JobRunner::end(JobObject& job) noexcept {
    if (job.keeps_events()) {
        if (job.outcome().error == VIX_OK && job.progress().state().announced) {
            post_locked(job, VIX_EVENTTYPE_JOB_PROGRESS, {});
        }
        post_locked(job, VIX_EVENTTYPE_JOB_COMPLETED, {});
    }
    job.state = JobObject::State::Ended;
    ++finished_;
    unfinished_.remove_if([&](const auto& other) { return other.get() == &job; });
}

bool JobRunner::wait(JobObject& job, std::chrono::milliseconds patience) {
    const auto has_ended = [&] { return job.state == JobObject::State::Ended; };
    std::unique_lock lock{mutex_};
    if (!has_ended() && std::exchange(job.is_new, false) && patience > kAwake) {
        const std::size_t finished = finished_;
        lock.unlock();
        stay_awake_until_changed(finished_, finished);
        lock.lock();
    }
    return ended_.wait_for(lock, patience, has_ended);
}

bool JobRunner::has_ended(const JobObject& job) {
    const std::lock_guard lock{mutex_};
    return job.state == JobObject::State::Ended;
}

// A job that has not begun ends at once. It stays in its queue, and its worker skips it.
void JobRunner::cancel(JobObject& job) {
    const std::lock_guard lock{mutex_};
    job.progress().cancel();
    if (job.state != JobObject::State::Queued) return;
    job.fail(VIX_E_CANCELLED, "the caller cancelled the job before it began");
    end(job);
    ended_.notify_all();
}

void JobRunner::post(JobObject& job, int type, std::string location) {
    const std::lock_guard lock{mutex_};
    post_locked(job, type, std::move(location));
}

void JobRunner::post_locked(JobObject& job, int type, std::string location) {
    if (!job.keeps_events() || job.events_over) return;
    JobObject::Waiting event{type, std::move(location), job.progress().state()};
    const bool again = type == VIX_EVENTTYPE_JOB_PROGRESS && !job.events.empty() &&
                       job.events.back().type == VIX_EVENTTYPE_JOB_PROGRESS;
    if (again) {
        job.events.back() = std::move(event);
    } else {
        job.events.push_back(std::move(event));
    }
    job.tell_of_event();
}

EventOutcome JobRunner::take_event(JobObject& job, JobObject::Waiting& event) {
    const std::lock_guard lock{mutex_};
    if (!job.keeps_events() || job.events_over) return EventOutcome::NoneEver;
    if (job.events.empty()) return EventOutcome::NoneNow;
    event = std::move(job.events.front());
    job.events.pop_front();
    job.events_over = event.type == VIX_EVENTTYPE_JOB_COMPLETED;
    return EventOutcome::Event;
}

void JobRunner::end_all(std::chrono::milliseconds patience) {
    Jobs jobs;
    {
        const std::lock_guard lock{mutex_};
        jobs = unfinished_;
    }
    for (const auto& job : jobs) cancel(*job);
    std::unique_lock lock{mutex_};
    ended_.wait_for(lock, patience, [this] { return unfinished_.empty(); });
}

void JobRunner::before_fork() {
    mutex_.lock();
}

void JobRunner::after_fork_in_parent() {
    mutex_.unlock();
}

// The jobs are not destroyed, because what they hold is the parent's work. The threads' frames,
// which hold them too, are gone without destructors, so running jobs are never freed in the child.
void JobRunner::after_fork_in_child() noexcept {
    for (const auto& job : unfinished_) {
        job->abandon(VIX_E_CANCELLED,
                     "the job was started before fork; only the parent continues it");
        job->events.clear();
        job->events_over = true;
        job->state = JobObject::State::Ended;
    }
    unfinished_.clear();
    ready_.clear();
    machines_.clear();
    threads_ = 0;
    idle_ = 0;
    new (&work_) std::condition_variable;  // the parent's threads waited at them
    new (&ended_) std::condition_variable;
    mutex_.unlock();
}

JobRunner& job_runner() {
    static JobRunner& instance = *[] {
        auto* runner = new JobRunner;  // NOLINT: never destroyed
        pthread_atfork(lock_all, unlock_in_parent, unlock_in_child);
        return runner;
    }();
    return instance;
}

}  // namespace vix::api
