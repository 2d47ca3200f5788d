#include "api/jobs/job_progress.h"

#include <algorithm>

#include "base/error.h"

namespace vix::api {

void JobProgress::expect(std::uint64_t bytes) {
    total_ += bytes;
    announced_ = true;
}

void JobProgress::add(std::uint64_t bytes) {
    throw_if_cancelled();
    const std::uint64_t done = done_ += bytes;
    const std::uint64_t total = total_;
    if (total == 0) return;
    // In floating point, because a disk's size times 100 may exceed 64 bits.
    const double share = static_cast<double>(done) / static_cast<double>(total);
    const int percent = static_cast<int>(std::min(share, 0.99) * 100);
    if (raise_percent(percent) && report_ && take_turn()) report_();
}

void JobProgress::checkpoint(const char*) {
    throw_if_cancelled();
}

void JobProgress::note(const std::string& text) {
    const std::lock_guard guard{notes_mutex_};
    notes_ += notes_.empty() ? text : "; " + text;
}

std::string JobProgress::notes() const {
    const std::lock_guard guard{notes_mutex_};
    return notes_;
}

void JobProgress::complete() noexcept {
    percent_ = 100;
    if (done_ < total_) done_ = total_.load();
}

JobProgressState JobProgress::state() const noexcept {
    JobProgressState state{};
    state.announced = announced_;
    state.percent = percent_;
    state.total_bytes = static_cast<std::int64_t>(total_.load());
    state.done_bytes = std::min(static_cast<std::int64_t>(done_.load()), state.total_bytes);
    return state;
}

void JobProgress::throw_if_cancelled() const {
    if (cancelled_ && undoable_) throw Error{VIX_E_CANCELLED, "the caller cancelled the job"};
}

bool JobProgress::raise_percent(int percent) noexcept {
    int known = percent_;
    while (percent > known) {
        if (percent_.compare_exchange_weak(known, percent)) return true;
    }
    return false;
}

// True if enough time has passed since the last report; the next one must then wait again.
bool JobProgress::take_turn() noexcept {
    using std::chrono::nanoseconds;
    const std::int64_t now =
        nanoseconds{std::chrono::steady_clock::now().time_since_epoch()}.count();
    std::int64_t next = next_report_;
    return now >= next &&
           next_report_.compare_exchange_strong(next, now + nanoseconds{kReportPause}.count());
}

}  // namespace vix::api
