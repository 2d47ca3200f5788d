// Runs jobs in workers: threads that start when there is work and end when there has been none for
// a while. One mutex here guards everything about a job that changes.
//
// Jobs of one machine run one at a time, in the order in which they were started. All others run in
// parallel, as far as there are threads.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "api/jobs/job.h"

namespace vix::api {

class JobRunner {
  public:
    static constexpr std::size_t kMaxThreads = 64;

    void start(std::shared_ptr<JobObject> job);

    // True if the job has ended.
    bool wait(JobObject& job, std::chrono::milliseconds patience);
    bool has_ended(const JobObject& job);
    void cancel(JobObject& job);

    // Adds an event to a job that keeps events. Of consecutive progress reports only the last is
    // kept.
    void post(JobObject& job, int type, std::string location);
    EventOutcome take_event(JobObject& job, JobObject::Waiting& event);

    // Cancels all jobs and waits for their end, at most for `patience`.
    void end_all(std::chrono::milliseconds patience);

    // Called around fork(). The child gets a runner without threads, in which every unfinished job
    // has ended with VIX_E_CANCELLED. The work of those jobs continues in the parent only.
    void before_fork();
    void after_fork_in_parent();
    void after_fork_in_child() noexcept;

  private:
    using Jobs = std::list<std::shared_ptr<JobObject>>;

    // The caller holds the mutex.
    void start_thread_if_needed();
    void end(JobObject& job) noexcept;
    void post_locked(JobObject& job, int type, std::string location);
    void let_next_of_machine_run(const JobObject& job);

    void serve();

    std::mutex mutex_;
    std::condition_variable work_;   // a job became ready
    std::condition_variable ended_;  // a job ended
    Jobs unfinished_;
    std::deque<std::shared_ptr<JobObject>> ready_;
    // Holds a machine while one of its jobs is ready or runs, with the jobs that wait for their
    // turn.
    std::map<std::string, std::deque<std::shared_ptr<JobObject>>> machines_;
    std::atomic<std::size_t> started_ = 0;   // changed under mutex_, and
    std::atomic<std::size_t> finished_ = 0;  // watched without it
    std::size_t threads_ = 0;
    std::size_t idle_ = 0;
};

// The runner of the process. Never destroyed, because threads may use it until the process ends.
JobRunner& job_runner();

}  // namespace vix::api
