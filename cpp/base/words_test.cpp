#include "base/words.h"

#include <gtest/gtest.h>

#include "testing/process/failure.h"

namespace vix {
namespace {

using testing::code_of;
using Words = std::vector<std::string>;

TEST(SplitWords, AreSplitAtBlanksOutsideQuotes) {
    EXPECT_EQ(split_words(" -c  'a  b' \"c d\"e "), (Words{"-c", "a  b", "c de"}));
    EXPECT_EQ(split_words("''"), Words{""});
    EXPECT_EQ(split_words(" \t"), Words{});
}

TEST(SplitWords, KeepBackslashesThatQuoteNothing) {
    EXPECT_EQ(split_words(R"(C:\dir a\ b \"q\" '\"')"),
              (Words{R"(C:\dir)", "a b", "\"q\"", R"(\")"}));
}

TEST(SplitWords, NeedBothQuotes) {
    EXPECT_EQ(code_of([] { split_words("a 'b"); }), VIX_E_INVALID_ARG);
}

}  // namespace
}  // namespace vix
