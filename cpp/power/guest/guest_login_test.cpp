#include "power/guest/guest_login.h"

#include <crypt.h>
#include <gtest/gtest.h>

#include "testing/process/failure.h"

namespace vix::power {
namespace {

using testing::code_of;

constexpr std::int64_t kToday = 20000;

std::string hashed(const char* password) {
    crypt_data work{};
    return crypt_r(password, "$6$salt", &work);
}

std::string shadow() {
    return "root:" + hashed("open sesame") + ":19000:0:99999:7:::\ndaemon:*:19000::::::\nada:!" +
           hashed("x") + ":19000::::::\nnone::19000::::::\nold:" + hashed("x") +
           ":19000:0:99999:7::19999:\nodd:$99$what$ever:1::::::\nshort:" + hashed("x");
}

ErrorCode outcome(const std::string& user, const std::string& password) {
    return code_of([&] { check_password(shadow(), user, password, kToday); });
}

TEST(GuestLogin, TakesTheRightPasswordAlone) {
    EXPECT_EQ(outcome("root", "open sesame"), VIX_OK);
    EXPECT_EQ(outcome("short", "x"), VIX_OK);
    EXPECT_EQ(outcome("root", "open sesam"), VIX_E_GUEST_USER_PERMISSIONS);
    EXPECT_EQ(outcome("root", ""), VIX_E_GUEST_USER_PERMISSIONS);
}

TEST(GuestLogin, RefusesWhoIsNobody) {
    EXPECT_EQ(outcome("roo", "open sesame"), VIX_E_GUEST_USER_PERMISSIONS);
    EXPECT_EQ(outcome("", ""), VIX_E_GUEST_USER_PERMISSIONS);
    EXPECT_EQ(outcome("root:x", "open sesame"), VIX_E_GUEST_USER_PERMISSIONS);
}

TEST(GuestLogin, RefusesLockedAndExpiredAccounts) {
    EXPECT_EQ(outcome("daemon", "*"), VIX_E_GUEST_USER_PERMISSIONS);
    EXPECT_EQ(outcome("ada", "x"), VIX_E_GUEST_USER_PERMISSIONS);
    EXPECT_EQ(outcome("old", "x"), VIX_E_GUEST_USER_PERMISSIONS);
}

TEST(GuestLogin, RefusesAnAccountWithoutPassword) {
    EXPECT_EQ(outcome("none", ""), VIX_E_EMPTY_PASSWORD_NOT_ALLOWED_IN_GUEST);
}

TEST(GuestLogin, SaysWhenItCannotTell) {
    EXPECT_EQ(outcome("odd", "x"), VIX_E_CANNOT_AUTHENTICATE_WITH_GUEST);
}

}  // namespace
}  // namespace vix::power
