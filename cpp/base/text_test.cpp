#include "base/text.h"

#include <gtest/gtest.h>

namespace vix {
namespace {

TEST(Printable, ReplacesWhatATerminalObeys) {
    EXPECT_EQ(printable("a\x1b]0;b\x07\x7f"), "a?]0;b??");
    EXPECT_EQ(printable("one\ttwo\nthree"), "one\ttwo\nthree");
    EXPECT_EQ(printable("\xC2\x9B"
                        "31m\xC2\xA9\xC3\xA9"),
              "?31m\xC2\xA9\xC3\xA9");
}

TEST(Printable, ShowsBytesThatAreNotUtf8AsNumbers) {
    EXPECT_EQ(printable("b\xE4se.vmdk\x1b"), "b\\xE4se.vmdk?");
    EXPECT_EQ(printable("bäse.vmdk"), "bäse.vmdk");
}

TEST(DecodePercent, GivesTheBytes) {
    EXPECT_EQ(decode_percent("/a%20b%2fc"), "/a b/c");
    EXPECT_EQ(decode_percent("100%"), "100%");
    EXPECT_EQ(decode_percent("%4"), "%4");
    EXPECT_EQ(decode_percent("%zz"), "%zz");
}

TEST(Text, ComparesAsciiLettersWithoutCase) {
    EXPECT_TRUE(equal_ignoring_case("displayName", "DISPLAYNAME"));
    EXPECT_FALSE(equal_ignoring_case("displayName", "displayNames"));
}

TEST(Text, ComparesOnlyAsciiLettersWithoutCase) {
    EXPECT_FALSE(equal_ignoring_case("\xC4", "\xE4"));
    EXPECT_FALSE(equal_ignoring_case("[", "{"));
}

TEST(Text, LowersAsciiLettersAlone) {
    EXPECT_EQ(to_lower("Scsi0:0.FileName\xC4"), "scsi0:0.filename\xC4");
}

TEST(Text, FindsAPrefixWithoutCase) {
    EXPECT_TRUE(starts_with_ignoring_case("Ethernet0.address", "ethernet"));
    EXPECT_TRUE(starts_with_ignoring_case("x", ""));
    EXPECT_FALSE(starts_with_ignoring_case("eth", "ethernet"));
}

TEST(Text, TrimsBlanksAndLineEnds) {
    EXPECT_EQ(trim(" \t a b \r\n"), "a b");
    EXPECT_EQ(trim(" \r\n"), "");
    EXPECT_EQ(trim(""), "");
}

TEST(Text, ReadsWholeDecimalNumbers) {
    EXPECT_EQ(parse_number("0"), 0U);
    EXPECT_EQ(parse_number("18446744073709551615"), 18446744073709551615U);
}

TEST(Text, RefusesWhatIsNoDecimalNumber) {
    EXPECT_EQ(parse_number(""), std::nullopt);
    EXPECT_EQ(parse_number("-1"), std::nullopt);
    EXPECT_EQ(parse_number("+1"), std::nullopt);
    EXPECT_EQ(parse_number(" 1"), std::nullopt);
    EXPECT_EQ(parse_number("1x"), std::nullopt);
    EXPECT_EQ(parse_number("0x10"), std::nullopt);
}

TEST(Text, RefusesNumbersAbove64Bits) {
    EXPECT_EQ(parse_number("18446744073709551616"), std::nullopt);
}

TEST(Text, ReadsHexadecimalOfEitherCaseAndAnyLength) {
    EXPECT_EQ(parse_hex32("fffffffe"), 0xFFFFFFFEU);
    EXPECT_EQ(parse_hex32("FFFFFFFE"), 0xFFFFFFFEU);
    EXPECT_EQ(parse_hex32("1a"), 0x1AU);
}

TEST(Text, RefusesWhatIsNoHexadecimalOf32Bits) {
    EXPECT_EQ(parse_hex32(""), std::nullopt);
    EXPECT_EQ(parse_hex32("0x1a"), std::nullopt);
    EXPECT_EQ(parse_hex32("123456789"), std::nullopt);
    EXPECT_EQ(parse_hex32("-1"), std::nullopt);
    EXPECT_EQ(parse_hex32("1g"), std::nullopt);
}

TEST(Text, TellsUtf8FromOtherBytes) {
    EXPECT_TRUE(is_utf8("plain"));
    EXPECT_TRUE(is_utf8("\xE4\xBD\x8D"));
    EXPECT_FALSE(is_utf8("\xCE"));          // cut short
    EXPECT_FALSE(is_utf8("\xE9t\xE9"));     // windows-1252
    EXPECT_FALSE(is_utf8("\xC0\xAF"));      // overlong
    EXPECT_FALSE(is_utf8("\xED\xA0\x80"));  // half of a surrogate pair
}

struct Sample {
    const char* encoding;
    const char* bytes;
    const char* utf8;
};

std::ostream& operator<<(std::ostream& out, const Sample& sample) {
    return out << sample.encoding;
}

// The preferred names in VMware's own table for the code pages of Windows, and aliases.
constexpr Sample kSamples[] = {
    {"UTF-8", "\xE4\xBD\x8D", "位"},   {"windows-1252", "\xE9", "é"},
    {"cp1252", "\x80", "€"},           {"windows-1250", "\xB9", "ą"},
    {"windows-1251", "\xCF", "П"},     {"windows-1253", "\xE1", "α"},
    {"windows-1254", "\xFD", "ı"},     {"windows-1255", "\xE0", "א"},
    {"windows-1256", "\xC7", "ا"},     {"windows-1257", "\xE0", "ą"},
    {"windows-1258", "\xF5", "ơ"},     {"ISO-8859-1", "\xE9", "é"},
    {"ISO-8859-15", "\xA4", "€"},      {"ibm-874", "\xA1", "ก"},
    {"Shift_JIS", "\x83\x7C", "ポ"},   {"EUC-JP", "\xC6\xFC", "日"},
    {"GBK", "\xCE\xBB", "位"},         {"gbk", "\xCE\xBB", "位"},
    {"CP936", "\xCE\xBB", "位"},       {"MS936", "\xCE\xBB", "位"},
    {"windows-936", "\xCE\xBB", "位"}, {"windows-949-2000", "\xB0\xA1", "가"},
    {"Big5", "\xA4\xA4", "中"},
};

class Encoding : public ::testing::TestWithParam<Sample> {};

TEST_P(Encoding, IsDecoded) {
    EXPECT_EQ(decode_to_utf8(GetParam().bytes, GetParam().encoding), GetParam().utf8);
}

TEST_P(Encoding, IsEncoded) {
    EXPECT_EQ(encode_from_utf8(GetParam().utf8, GetParam().encoding), GetParam().bytes);
}

INSTANTIATE_TEST_SUITE_P(Text, Encoding, ::testing::ValuesIn(kSamples));

TEST(Text, DecodesAsciiWhateverTheEncoding) {
    EXPECT_EQ(decode_to_utf8("plain", "no-such-encoding"), "plain");
}

TEST(Text, DoesNotDecodeAnUnknownEncoding) {
    EXPECT_EQ(decode_to_utf8("\xE9", "no-such-encoding"), std::nullopt);
    EXPECT_EQ(decode_to_utf8("\xE9", ""), std::nullopt);
}

// ASCII text passes without conversion, so an encoding in which ASCII bytes mean something else
// must be refused.
TEST(Text, KnowsOnlyEncodingsThatKeepAscii) {
    EXPECT_EQ(encode_from_utf8("é", "UTF-7"), std::nullopt);
    EXPECT_EQ(encode_from_utf8("é", "UTF-16"), std::nullopt);
    EXPECT_EQ(encode_from_utf8("é", "UTF-32LE"), std::nullopt);
    EXPECT_EQ(encode_from_utf8("é", "IBM037"), std::nullopt);
    EXPECT_EQ(encode_from_utf8("日", "ISO-2022-JP"), std::nullopt);
    EXPECT_EQ(decode_to_utf8("\xE9", "IBM037"), std::nullopt);
}

TEST(Text, DoesNotDecodeBytesWithoutMeaning) {
    EXPECT_EQ(decode_to_utf8("\x81", "GBK"), std::nullopt);
    EXPECT_EQ(decode_to_utf8("a\xFF", "UTF-8"), std::nullopt);
}

TEST(Text, DoesNotReplaceWhatAnEncodingLacks) {
    EXPECT_EQ(encode_from_utf8("位", "windows-1252"), std::nullopt);
    EXPECT_EQ(encode_from_utf8("é", "ASCII"), std::nullopt);
    EXPECT_EQ(encode_from_utf8("é", "ASCII//TRANSLIT"), std::nullopt);
}

TEST(Text, FoldsTheCaseOfAllScripts) {
    EXPECT_EQ(fold_case("WinXP ÄÉ ЖПЩ ΑΒ"), "winxp äé жпщ αβ");
}

TEST(Text, FoldsWhatHasNoCaseToItself) {
    EXPECT_EQ(fold_case("新虚拟机 1"), "新虚拟机 1");
}

TEST(Text, FoldsAsciiOfBytesThatAreNoUtf8) {
    EXPECT_EQ(fold_case("ABC\xFF"), "abc\xFF");
}

TEST(Text, DecomposesLetters) {
    EXPECT_EQ(decompose("Caf\u00E9 \u00C5ngstr\u00F6m"), "Cafe\u0301 A\u030Angstro\u0308m");
    EXPECT_EQ(decompose("\u1ED9"), "o\u0323\u0302");
    EXPECT_EQ(decompose("\u304C\u30D1"), "\u304B\u3099\u30CF\u309A");
    EXPECT_EQ(decompose("\uD55C\uAE00\uAC00"), "\u1112\u1161\u11AB\u1100\u1173\u11AF\u1100\u1161");
    EXPECT_EQ(decompose("\u212B"), decompose("\u00C5"));
}

TEST(Text, DecomposesNothingElse) {
    EXPECT_EQ(decompose("plain"), "plain");
    EXPECT_EQ(decompose("\u65B0 e\u0301"), "\u65B0 e\u0301");
    EXPECT_EQ(decompose("\xC4\xE3"), "\xC4\xE3");
}

}  // namespace
}  // namespace vix
