#include "ops/machine/progress_share.h"

#include <gtest/gtest.h>

#include <string>

namespace vix::ops {
namespace {

class Counter : public Progress {
  public:
    void add(std::uint64_t count) override { bytes += count; }
    void checkpoint(const char* step) override { steps += step; }

    std::uint64_t bytes = 0;
    std::string steps;
};

TEST(ProgressShare, PassesOnNoMoreThanWasAnnounced) {
    Counter whole;
    ProgressShare share{whole};
    share.begin(10);
    share.add(7);
    EXPECT_EQ(whole.bytes, 7U);
    share.add(7);
    EXPECT_EQ(whole.bytes, 10U);
}

TEST(ProgressShare, PassesOnAllOfItAtTheEnd) {
    Counter whole;
    ProgressShare share{whole};
    share.begin(10);
    share.add(3);
    share.begin(5);
    EXPECT_EQ(whole.bytes, 10U);
    share.end();
    share.end();
    EXPECT_EQ(whole.bytes, 15U);
}

TEST(ProgressShare, PassesOnSteps) {
    Counter whole;
    ProgressShare share{whole};
    share.checkpoint("merge");
    EXPECT_EQ(whole.steps, "merge");
}

}  // namespace
}  // namespace vix::ops
