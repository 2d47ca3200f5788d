#include "power/guest/guest_agent.h"

#include <gtest/gtest.h>

#include "testing/process/failure.h"

namespace vix::power {
namespace {

using testing::code_of;

TEST(GuestBase64, GoesThereAndBack) {
    const std::string bytes{"\x00\xff\x10 any", 7};
    EXPECT_EQ(to_base64("Man"), "TWFu");
    EXPECT_EQ(to_base64("Ma"), "TWE=");
    EXPECT_EQ(to_base64("M"), "TQ==");
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
    EXPECT_EQ(code_of([] { from_base64("a*b"); }), VIX_E_FAIL);
}

TEST(GuestErrors, ComeFromWhatTheGuestSays) {
    EXPECT_EQ(code_from_words("rm: can't remove '/x': No such file or directory", VIX_E_FAIL),
              VIX_E_FILE_NOT_FOUND);
    EXPECT_EQ(code_from_words("mkdir: cannot create directory: File exists", VIX_E_FAIL),
              VIX_E_FILE_ALREADY_EXISTS);
    EXPECT_EQ(code_from_words("rm: /no such file or directory: Is a directory", VIX_E_FAIL),
              VIX_E_NOT_A_FILE);
    EXPECT_EQ(code_from_words("something else", VIX_E_FILE_ERROR), VIX_E_FILE_ERROR);
}

}  // namespace
}  // namespace vix::power
