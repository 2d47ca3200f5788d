#include "base/random.h"

#include <gtest/gtest.h>

namespace vix {
namespace {

TEST(RandomBytes, DifferEachTime) {
    EXPECT_NE(random_bytes(), random_bytes());
}

}  // namespace
}  // namespace vix
