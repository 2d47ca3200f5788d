#include "api/calls/text_argument.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace vix::api {
namespace {

using namespace std::string_view_literals;

ErrorCode code_of_text(std::string_view text) {
    try {
        require_text(text, "hostName");
    } catch (const Error& error) {
        return error.code();
    }
    return VIX_OK;
}

ErrorCode code_of_path(std::string_view path) {
    try {
        require_path(path, "vmxFilePathName");
    } catch (const Error& error) {
        return error.code();
    }
    return VIX_OK;
}

TEST(TextArgument, TakesUtf8) {
    EXPECT_EQ(code_of_text(""), VIX_OK);
    EXPECT_EQ(code_of_text("plain"), VIX_OK);
    EXPECT_EQ(code_of_text("Büro \xE4\xBD\x8D \xF0\x9F\x98\x80"), VIX_OK);
}

TEST(TextArgument, RefusesOtherEncodings) {
    EXPECT_EQ(code_of_text("B\xFCro"), VIX_E_INVALID_UTF8_STRING);
}

TEST(TextArgument, RefusesTruncatedSequences) {
    EXPECT_EQ(code_of_text("\xE4\xBD"), VIX_E_INVALID_UTF8_STRING);
    EXPECT_EQ(code_of_text("a\xC3"), VIX_E_INVALID_UTF8_STRING);
}

TEST(TextArgument, RefusesOverlongForms) {
    EXPECT_EQ(code_of_text("\xC0\xAF"), VIX_E_INVALID_UTF8_STRING);
    EXPECT_EQ(code_of_text("\xE0\x80\xAF"), VIX_E_INVALID_UTF8_STRING);
}

TEST(TextArgument, RefusesWhatIsNoUnicode) {
    EXPECT_EQ(code_of_text("\xED\xA0\x80"), VIX_E_INVALID_UTF8_STRING);
    EXPECT_EQ(code_of_text("\xF4\x90\x80\x80"), VIX_E_INVALID_UTF8_STRING);
}

TEST(TextArgument, RefusesNulInside) {
    EXPECT_EQ(code_of_text("a\0b"sv), VIX_E_INVALID_ARG);
}

TEST(TextArgument, PathMayNotBeEmpty) {
    EXPECT_EQ(code_of_path(""), VIX_E_INVALID_ARG);
    EXPECT_EQ(code_of_path("/vms/a.vmx"), VIX_OK);
}

TEST(TextArgument, RefusalNamesTheArgument) {
    try {
        require_text("\xFF", "userName");
        FAIL() << "took a byte that is no UTF-8";
    } catch (const Error& error) {
        EXPECT_NE(error.detail().find("userName"), std::string::npos) << error.detail();
    }
}

}  // namespace
}  // namespace vix::api
