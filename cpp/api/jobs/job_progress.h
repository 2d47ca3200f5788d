// The progress of a job, counted by the threads that work for it, and its cancellation.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

#include "api/values.h"
#include "base/progress.h"

namespace vix::api {

// May be shared between threads.
class JobProgress : public Progress {
  public:
    // `report` is called when the percentage has grown, at most once in kReportPause, by the thread
    // that made it grow. Empty: no reports.
    explicit JobProgress(std::function<void()> report) : report_{std::move(report)} {}

    static constexpr std::chrono::milliseconds kReportPause{50};

    void expect(std::uint64_t bytes) override;
    void add(std::uint64_t bytes) override;
    void checkpoint(const char* step) override;
    void point_of_no_return() override { undoable_ = false; }
    void note(const std::string& text) override;
    // All notes, separated by "; ". For the worker, once the work is done.
    std::string notes() const;

    // From now on add() and checkpoint() throw VIX_E_CANCELLED, unless the job has passed its point
    // of no return.
    void cancel() noexcept { cancelled_ = true; }
    bool is_cancelled() const noexcept { return cancelled_; }

    // Marks the work as done: 100 percent.
    void complete() noexcept;

    JobProgressState state() const noexcept;

  private:
    void throw_if_cancelled() const;
    bool raise_percent(int percent) noexcept;
    bool take_turn() noexcept;

    std::function<void()> report_;
    std::atomic<std::uint64_t> total_{0};
    std::atomic<std::uint64_t> done_{0};
    std::atomic<int> percent_{0};
    std::atomic<std::int64_t> next_report_{0};  // steady clock, nanoseconds
    std::atomic<bool> announced_{false};
    std::atomic<bool> cancelled_{false};
    std::atomic<bool> undoable_{true};
    mutable std::mutex notes_mutex_;
    std::string notes_;
};

}  // namespace vix::api
