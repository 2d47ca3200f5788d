// Who does the work of jobs: threads that are made when there is work for them, and go when there
// is none for a while. Everything about a job that changes is guarded by one mutex here.
//
// Jobs of the same machine run in the order they were started in, one at a time; all others side by
// side, as many as there are threads.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "api/job.h"

namespace vix::api {

class JobRunner {
  public:
    static constexpr std::size_t kMaxThreads = 64;

    void start(std::shared_ptr<JobObject> job);

    // True: the job has ended.
    bool wait(const JobObject& job, std::chrono::milliseconds patience);
    bool has_ended(const JobObject& job);
    void cancel(JobObject& job);

    // Adds an event to those that wait in a job that keeps them. Two reports of progress in a row
    // are one.
    void post(JobObject& job, int type, std::string location);
    EventOutcome take_event(JobObject& job, JobObject::Waiting& event);

    // Cancels all jobs and waits for their end.
    void end_all(std::chrono::milliseconds patience);

    // Around fork(): the child gets a runner without threads, in which every unfinished job has
    // ended with VIX_E_CANCELLED. What those jobs were doing goes on in the parent alone.
    void before_fork();
    void after_fork_in_parent();
    void after_fork_in_child() noexcept;

  private:
    using Jobs = std::list<std::shared_ptr<JobObject>>;

    // These expect the caller to hold the mutex.
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
    // A machine is here while a job of its is ready or runs; with it, those that wait for their
    // turn.
    std::map<std::string, std::deque<std::shared_ptr<JobObject>>> machines_;
    std::size_t threads_ = 0;
    std::size_t idle_ = 0;
};

// The process's own; it is never destroyed, since threads may use it until the process ends.
JobRunner& job_runner();

}  // namespace vix::api
