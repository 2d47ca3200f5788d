#include "power/guest/keyboard.h"

#include <gtest/gtest.h>
#include <linux/input-event-codes.h>

#include <string>

#include "testing/process/failure.h"

namespace vix::power::keyboard_test {
namespace {

using testing::code_of;
using testing::contains;
using testing::detail_of;
using Keys = std::vector<Keystroke>;

TEST(Keyboard, TypesLettersWithAndWithoutShift) {
    EXPECT_EQ(keystrokes_for("aZ"), (Keys{{KEY_A}, {KEY_LEFTSHIFT, KEY_Z}}));
}

TEST(Keyboard, TypesDigitsAndSigns) {
    EXPECT_EQ(keystrokes_for("10!)-_"), (Keys{{KEY_1},
                                              {KEY_0},
                                              {KEY_LEFTSHIFT, KEY_1},
                                              {KEY_LEFTSHIFT, KEY_0},
                                              {KEY_MINUS},
                                              {KEY_LEFTSHIFT, KEY_MINUS}}));
    EXPECT_EQ(keystrokes_for("`~\\|'\"/?"), (Keys{{KEY_GRAVE},
                                                  {KEY_LEFTSHIFT, KEY_GRAVE},
                                                  {KEY_BACKSLASH},
                                                  {KEY_LEFTSHIFT, KEY_BACKSLASH},
                                                  {KEY_APOSTROPHE},
                                                  {KEY_LEFTSHIFT, KEY_APOSTROPHE},
                                                  {KEY_SLASH},
                                                  {KEY_LEFTSHIFT, KEY_SLASH}}));
}

TEST(Keyboard, TypesControlCharactersAsTheirKeys) {
    EXPECT_EQ(keystrokes_for("\t\b\x1b "),
              (Keys{{KEY_TAB}, {KEY_BACKSPACE}, {KEY_ESC}, {KEY_SPACE}}));
}

TEST(Keyboard, TypesEachKindOfLineEndAsOneEnter) {
    EXPECT_EQ(keystrokes_for("\n\r\n\r"), (Keys{{KEY_ENTER}, {KEY_ENTER}, {KEY_ENTER}}));
}

TEST(Keyboard, HasAKeyForEachPrintableCharacter) {
    for (char c = ' '; c < 0x7F; ++c) EXPECT_EQ(keystrokes_for(std::string(1, c)).size(), 1U) << c;
}

TEST(Keyboard, RefusesACharacterWithoutAKeyAndDoesNotQuoteTheText) {
    const auto type = [] { keystrokes_for("gr\xC3\xBC"); };
    EXPECT_EQ(code_of(type), VIX_E_INVALID_ARG);
    EXPECT_TRUE(contains(detail_of(type), "byte 3 of the text")) << detail_of(type);
    EXPECT_FALSE(contains(detail_of(type), "gr")) << detail_of(type);
    EXPECT_EQ(code_of([] { keystrokes_for(std::string(1, '\0')); }), VIX_E_INVALID_ARG);
}

}  // namespace
}  // namespace vix::power::keyboard_test
