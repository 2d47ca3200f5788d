#include "format/vmdk/grain_use.h"

#include <gtest/gtest.h>

#include <vector>

namespace vix::format::vmdk {
namespace {

TEST(GrainUse, TakesEachPlaceOnce) {
    GrainUse use{1024, 128};
    EXPECT_TRUE(use.take(128));
    EXPECT_TRUE(use.take(256));
    EXPECT_FALSE(use.take(128));
}

TEST(GrainUse, GrainsMayFollowEachOtherAtAnyDistance) {
    GrainUse use{1024, 128};
    EXPECT_TRUE(use.take(21));
    EXPECT_TRUE(use.take(149));
    EXPECT_TRUE(use.take(300));
    EXPECT_TRUE(use.take(428));
}

TEST(GrainUse, FindsOneThatBeginsWithinAnother) {
    GrainUse use{1024, 128};
    EXPECT_TRUE(use.take(128));
    EXPECT_FALSE(use.take(255));
    EXPECT_TRUE(use.take(256));
}

TEST(GrainUse, FindsOneThatEndsWithinAnother) {
    GrainUse use{1024, 128};
    EXPECT_TRUE(use.take(256));
    EXPECT_FALSE(use.take(129));
    EXPECT_TRUE(use.take(128));
}

TEST(GrainUse, FindsOverlapsWhereGrainsLieUnaligned) {
    GrainUse use{4096, 128};
    EXPECT_TRUE(use.take(130));
    EXPECT_TRUE(use.take(515));
    EXPECT_FALSE(use.take(642));
    EXPECT_TRUE(use.take(643));
    EXPECT_FALSE(use.take(388));
    EXPECT_TRUE(use.take(387));
}

TEST(GrainUse, ARefusedPlaceIsNotTaken) {
    GrainUse use{1024, 128};
    EXPECT_TRUE(use.take(128));
    EXPECT_FALSE(use.take(200));
    EXPECT_TRUE(use.take(256));
}

TEST(GrainUse, RefusesAPlaceBehindTheEnd) {
    GrainUse use{1024, 128};
    EXPECT_FALSE(use.take(1 << 20));
}

TEST(GrainUse, WatchesGrainsOfOneSector) {
    GrainUse use{100, 1};
    EXPECT_TRUE(use.take(5));
    EXPECT_TRUE(use.take(6));
    EXPECT_FALSE(use.take(5));
}

TEST(GrainUse, AgreesWithASlowSearchForAnyPlaces) {
    constexpr std::uint64_t kGrain = 16;
    GrainUse use{600, kGrain};
    std::vector<std::uint64_t> taken;
    std::uint64_t state = 1;
    for (int i = 0; i < 2000; ++i) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        const std::uint64_t place = (state >> 33) % 580;
        bool free = true;
        for (const std::uint64_t other : taken) {
            free &= place + kGrain <= other || other + kGrain <= place;
        }
        ASSERT_EQ(use.take(place), free) << "place " << place;
        if (free) taken.push_back(place);
    }
}

TEST(GrainUse, AFileTooLargeIsNotWatched) {
    GrainUse use{std::uint64_t{1} << 60, 1};
    EXPECT_TRUE(use.take(1));
    EXPECT_TRUE(use.take(1));
}

}  // namespace
}  // namespace vix::format::vmdk
