#include "api/jobs/job_progress.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"

namespace vix::api {
namespace {

TEST(JobProgress, IsNotAnnouncedBeforeTheWorkIsKnown) {
    JobProgress progress{{}};
    progress.add(10);
    EXPECT_FALSE(progress.state().announced);
    EXPECT_EQ(progress.state().percent, 0);
}

TEST(JobProgress, CountsPercent) {
    JobProgress progress{{}};
    progress.expect(200);
    progress.add(50);
    EXPECT_EQ(progress.state().percent, 25);
    EXPECT_EQ(progress.state().done_bytes, 50);
    EXPECT_EQ(progress.state().total_bytes, 200);
}

TEST(JobProgress, ReachesAHundredOnlyWhenComplete) {
    JobProgress progress{{}};
    progress.expect(10);
    progress.add(10);
    EXPECT_EQ(progress.state().percent, 99);
    progress.complete();
    EXPECT_EQ(progress.state().percent, 100);
}

TEST(JobProgress, NeverFallsWhenMoreWorkTurnsUp) {
    JobProgress progress{{}};
    progress.expect(10);
    progress.add(5);
    progress.expect(90);
    progress.add(1);
    EXPECT_EQ(progress.state().percent, 50);
}

TEST(JobProgress, DoesNotOverflow) {
    JobProgress progress{{}};
    progress.expect(std::numeric_limits<std::uint64_t>::max() / 2);
    progress.add(std::numeric_limits<std::uint64_t>::max() / 4);
    EXPECT_NEAR(progress.state().percent, 50, 1);
}

TEST(JobProgress, NeverTellsOfMoreThanAll) {
    JobProgress progress{{}};
    progress.expect(10);
    progress.add(25);
    EXPECT_EQ(progress.state().done_bytes, 10);
}

TEST(JobProgress, ReportsNoOftenerThanItMay) {
    int reports = 0;
    JobProgress progress{[&] { ++reports; }};
    progress.expect(100);
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 90; ++i) progress.add(1);
    const auto pauses = (std::chrono::steady_clock::now() - begin) / JobProgress::kReportPause;
    EXPECT_GE(reports, 1);
    EXPECT_LE(reports, 1 + pauses);
}

TEST(JobProgress, ThrowsOnceCancelled) {
    JobProgress progress{{}};
    progress.cancel();
    EXPECT_THROW(progress.checkpoint("any"), Error);
    EXPECT_THROW(progress.add(1), Error);
}

TEST(JobProgress, IsNotCancelledPastThePointOfNoReturn) {
    JobProgress progress{{}};
    progress.point_of_no_return();
    progress.cancel();
    EXPECT_NO_THROW(progress.checkpoint("any"));
    EXPECT_NO_THROW(progress.add(1));
}

TEST(JobProgress, JoinsNotesInTheirOrder) {
    JobProgress progress{{}};
    EXPECT_EQ(progress.notes(), "");
    progress.note("a is kept");
    progress.note("b is kept");
    EXPECT_EQ(progress.notes(), "a is kept; b is kept");
}

}  // namespace
}  // namespace vix::api
