#include "power/guest/guest_agent.h"

#include <gtest/gtest.h>

#include "testing/process/failure.h"

namespace vix::power {
namespace {

using testing::code_of;

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
