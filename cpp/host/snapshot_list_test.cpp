#include "host/snapshot_list.h"

#include <gtest/gtest.h>

namespace vix::host {
namespace {

using Ids = std::vector<int>;

class SnapshotListTest : public ::testing::Test {
  protected:
    const SnapshotList list_{{{1, kNoSnapshot, "fresh", "", false},
                              {2, 1, "patched", "", false},
                              {5, kNoSnapshot, "other", "", true},
                              {4, 1, "tried", "", false}},
                             4};
};

TEST_F(SnapshotListTest, ListsChildrenInTheOrderOfTheHost) {
    EXPECT_EQ(list_.children(kNoSnapshot), (Ids{1, 5}));
    EXPECT_EQ(list_.children(1), (Ids{2, 4}));
    EXPECT_EQ(list_.children(5), Ids{});
}

TEST_F(SnapshotListTest, FindsByIdAlone) {
    ASSERT_NE(list_.find(5), nullptr);
    EXPECT_EQ(list_.find(5)->display_name, "other");
    EXPECT_EQ(list_.find(3), nullptr);
    EXPECT_EQ(list_.find(kNoSnapshot), nullptr);
}

}  // namespace
}  // namespace vix::host
