#include "ops/progress_share.h"

#include <gtest/gtest.h>

#include <string>

namespace vix::ops {
namespace {

class Counter : public Progress {
  public:
    void add(std::uint64_t bytes) override { bytes_ += bytes; }
    void checkpoint(const char* step) override { steps_ += step; }

    std::uint64_t bytes_ = 0;
    std::string steps_;
};

TEST(ProgressShare, PassesOnNoMoreThanWasAnnounced) {
    Counter whole;
    ProgressShare share{whole};
    share.begin(10);
    share.add(7);
    EXPECT_EQ(whole.bytes_, 7U);
    share.add(7);
    EXPECT_EQ(whole.bytes_, 10U);
}

TEST(ProgressShare, PassesOnAllOfItAtTheEnd) {
    Counter whole;
    ProgressShare share{whole};
    share.begin(10);
    share.add(3);
    share.begin(5);
    EXPECT_EQ(whole.bytes_, 10U);
    share.end();
    share.end();
    EXPECT_EQ(whole.bytes_, 15U);
}

TEST(ProgressShare, PassesOnSteps) {
    Counter whole;
    ProgressShare share{whole};
    share.checkpoint("merge");
    EXPECT_EQ(whole.steps_, "merge");
}

}  // namespace
}  // namespace vix::ops
