#include "base/base64.h"

#include <gtest/gtest.h>

namespace vix {
namespace {

TEST(Base64, GoesThereAndBack) {
    const std::string bytes{"\x00\xff\x10 any", 7};
    EXPECT_EQ(to_base64("Man"), "TWFu");
    EXPECT_EQ(to_base64("Ma"), "TWE=");
    EXPECT_EQ(to_base64("M"), "TQ==");
    EXPECT_EQ(to_base64(""), "");
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
    EXPECT_EQ(from_base64("TW\nE"), "Ma");
    EXPECT_EQ(from_base64("a*b"), std::nullopt);
}

}  // namespace
}  // namespace vix
