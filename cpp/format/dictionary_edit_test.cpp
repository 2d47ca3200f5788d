// Editing a dictionary: what changes, and what stays byte for byte.
#include <gtest/gtest.h>
#include <malloc.h>

#include "format/dictionary.h"
#include "testing/process/failure.h"

namespace vix::format {
namespace {

std::string after_set(std::string_view text, std::string_view name, std::string_view value) {
    Dictionary dictionary = Dictionary::parse(text);
    dictionary.set(name, value);
    EXPECT_EQ(dictionary.find(name), value);
    EXPECT_EQ(Dictionary::parse(dictionary.to_bytes()).find(name), value);
    return dictionary.to_bytes();
}

std::string after_remove(std::string_view text, std::string_view name) {
    Dictionary dictionary = Dictionary::parse(text);
    dictionary.remove(name);
    EXPECT_EQ(dictionary.find(name), std::nullopt);
    EXPECT_EQ(Dictionary::parse(dictionary.to_bytes()).find(name), std::nullopt);
    return dictionary.to_bytes();
}

TEST(DictionarySet, ReplacesTheValueAlone) {
    EXPECT_EQ(after_set("a = \"1\"\n  B\t=  \"2\"   # kept\nc = \"3\"\n", "b", "new"),
              "a = \"1\"\n  B\t=  \"new\"   # kept\nc = \"3\"\n");
}

TEST(DictionarySet, QuotesABareWord) {
    EXPECT_EQ(after_set("a = b # c\n", "a", "d"), "a = \"d\" # c\n");
    EXPECT_EQ(after_set("a =\n", "a", "d"), "a =\"d\"\n");
}

TEST(DictionarySet, AppendsANewNameAtTheEnd) {
    EXPECT_EQ(after_set("a = \"1\"\n# end\n", "b", "2"), "a = \"1\"\n# end\nb = \"2\"\n");
}

TEST(DictionarySet, AppendsWithTheFilesLineEnd) {
    EXPECT_EQ(after_set("a = \"1\"\r\n", "b", "2"), "a = \"1\"\r\nb = \"2\"\r\n");
    EXPECT_EQ(after_set("a = \"1\"\r", "b", "2"), "a = \"1\"\rb = \"2\"\r");
    EXPECT_EQ(after_set("\r\n\r\na = \"1\"\r\n", "b", "2"), "\r\n\r\na = \"1\"\r\nb = \"2\"\r\n");
}

TEST(DictionarySet, EndsALastLineWithoutEndFirst) {
    EXPECT_EQ(after_set("a = \"1\"", "b", "2"), "a = \"1\"\nb = \"2\"\n");
    EXPECT_EQ(after_set("x = \"0\"\r\na = \"1\"", "b", "2"),
              "x = \"0\"\r\na = \"1\"\r\nb = \"2\"\r\n");
}

TEST(DictionarySet, FillsAnEmptyFile) {
    EXPECT_EQ(after_set("", "a", "1"), "a = \"1\"\n");
}

TEST(DictionarySet, ChangesTheLastOfANameThatStandsThereTwice) {
    EXPECT_EQ(after_set("a = \"1\"\nA = \"2\"\n", "a", "3"), "a = \"1\"\nA = \"3\"\n");
}

TEST(DictionarySet, LeavesAMalformedLineOfThatNameAlone) {
    EXPECT_EQ(after_set("a = \"open\n", "a", "1"), "a = \"open\na = \"1\"\n");
}

TEST(DictionarySet, EscapesWhatAValueCannotHold) {
    EXPECT_EQ(after_set("", "a", "say \"x|y\"\r\n\x01\x7F"),
              "a = \"say |22x|7Cy|22|0D|0A|01|7F\"\n");
}

TEST(DictionarySet, LeavesTabHashAndBackslashAsTheyAre) {
    EXPECT_EQ(after_set("", "a", "\t#C:\\x"), "a = \"\t#C:\\x\"\n");
}

TEST(DictionarySet, IsReadBackAsGiven) {
    const std::string value = "||22 |x \"\r\n\t# \\ | \x7F";
    EXPECT_EQ(Dictionary::parse(after_set("", "a", value)).find("a"), value);
}

TEST(DictionarySet, IsSeenAtOnce) {
    Dictionary dictionary = Dictionary::parse("a = \"1\"\n");
    dictionary.set("A", "2");
    dictionary.set("b", "3");
    EXPECT_EQ(dictionary.find("a"), "2");
    EXPECT_EQ(dictionary.find("b"), "3");
    EXPECT_EQ(dictionary.entries().size(), 2U);
}

TEST(DictionaryRemove, TakesEveryLineOfTheName) {
    EXPECT_EQ(after_remove("a = \"1\"\nb = \"2\"\nA = \"3\"\n", "a"), "b = \"2\"\n");
}

TEST(DictionaryRemove, LeavesCommentsAndMalformedLines) {
    EXPECT_EQ(after_remove("#a = \"1\"\na = \"open\n\na = \"1\"\n", "a"),
              "#a = \"1\"\na = \"open\n\n");
}

TEST(DictionaryRemove, OfANameThatIsNotThereDoesNothing) {
    EXPECT_EQ(after_remove("a = \"1\"\n", "b"), "a = \"1\"\n");
    EXPECT_EQ(after_remove("# x\n\na = \"1\"\n", ""), "# x\n\na = \"1\"\n");
}

TEST(DictionaryRemove, IsSeenAtOnce) {
    Dictionary dictionary = Dictionary::parse("a = \"1\"\nb = \"2\"\n");
    dictionary.remove("a");
    EXPECT_EQ(dictionary.find("a"), std::nullopt);
    ASSERT_EQ(dictionary.entries().size(), 1U);
    EXPECT_EQ(dictionary.entries()[0].name, "b");
}

TEST(DictionaryRemove, LeavesTheNamesThatWereTakenBefore) {
    Dictionary dictionary = Dictionary::parse("a = \"1\"\nB = \"2\"\na = \"3\"\n");
    const auto names = dictionary.names();
    dictionary.remove("A");
    dictionary.set("b", "4");
    EXPECT_EQ(names, (std::vector<std::string_view>{"a", "B", "a"}));
    EXPECT_EQ(dictionary.names(), (std::vector<std::string_view>{"B"}));
}

TEST(DictionarySet, ChangesNoCopyThatWasMadeBefore) {
    Dictionary dictionary = Dictionary::parse("a = \"1\"\nb = \"2\"\n");
    const Dictionary copy = dictionary;
    dictionary.set("a", "3");
    dictionary = Dictionary{};
    EXPECT_EQ(copy.find("a"), "1");
    EXPECT_EQ(copy.to_bytes(), "a = \"1\"\nb = \"2\"\n");
}

TEST(DictionaryRemove, AndSettingAgainAppends) {
    Dictionary dictionary = Dictionary::parse("a = \"1\"\nb = \"2\"\n");
    dictionary.remove("a");
    dictionary.set("a", "3");
    EXPECT_EQ(dictionary.to_bytes(), "b = \"2\"\na = \"3\"\n");
}

TEST(DictionaryRemove, OfTheLastLineKeepsAppendingSound) {
    Dictionary dictionary = Dictionary::parse("a = \"1\"\r\nb = \"2\"");
    dictionary.remove("b");
    dictionary.set("c", "3");
    EXPECT_EQ(dictionary.to_bytes(), "a = \"1\"\r\nc = \"3\"\r\n");
}

TEST(DictionaryEncoding, ValuesAreWrittenInTheFilesEncoding) {
    EXPECT_EQ(after_set(".encoding = \"windows-1252\"\na = \"x\"\n", "a", "é"),
              ".encoding = \"windows-1252\"\na = \"\xE9\"\n");
    EXPECT_EQ(after_set(".encoding = \"GBK\"\n", "a", "位"),
              ".encoding = \"GBK\"\na = \"\xCE\xBB\"\n");
}

TEST(DictionaryEncoding, AValueThatDoesNotFitTurnsTheFileToUtf8) {
    EXPECT_EQ(after_set(".encoding = \"windows-1252\"\n# \xE9\nb = \"\xE9\"\n", "a", "位"),
              ".encoding = \"UTF-8\"\n# é\nb = \"é\"\na = \"位\"\n");
}

TEST(DictionaryEncoding, AValueThatIsNotUtf8IsRefused) {
    const auto code = testing::code_of([] { after_set("a = \"x\"\n", "a", "b\xE4se.vmdk"); });
    EXPECT_EQ(code, VIX_E_FILE_NAME_INVALID);
}

TEST(DictionaryEncoding, NoneIsDeclaredBesideALineThatCannotBeDecoded) {
    const std::string text = "a = \"x\"\n\nb = \"\x81\"\n";
    Dictionary dictionary = Dictionary::parse(text, "/vms/a.vmx");
    const auto set = [&] { dictionary.set("a", "é"); };
    EXPECT_EQ(testing::code_of(set), VIX_E_CANNOT_READ_VM_CONFIG);
    EXPECT_EQ(testing::detail_of(set).substr(0, 19), "/vms/a.vmx: line 3:");
    EXPECT_EQ(dictionary.to_bytes(), text);
    dictionary.set("a", "e");
    EXPECT_EQ(dictionary.to_bytes(), "a = \"e\"\n\nb = \"\x81\"\n");
}

TEST(DictionaryEncoding, BytesAreSetAsTheyAre) {
    Dictionary dictionary = Dictionary::parse("a = \"\x81\"\n");
    dictionary.set_bytes("b", "\x81");
    EXPECT_EQ(dictionary.to_bytes(), "a = \"\x81\"\nb = \"\x81\"\n");
}

TEST(DictionaryEncoding, CommentsBehindAValueTurnToo) {
    EXPECT_EQ(after_set(".encoding = \"GBK\"\nb = \"1\" # \xCE\xBB\n", "a", "é😀"),
              ".encoding = \"UTF-8\"\nb = \"1\" # 位\na = \"é😀\"\n");
}

TEST(DictionaryEncoding, ValuesKeepTheirEscapesInTheTurn) {
    EXPECT_EQ(after_set(".encoding = \"GBK\"\nb = x|23y\nc = \"|0A\xCE\xBB|22\"\n", "a", "é😀"),
              ".encoding = \"UTF-8\"\nb = x|23y\nc = \"|0A位|22\"\na = \"é😀\"\n");
}

TEST(DictionaryEncoding, BytesWithoutMeaningSurviveTheTurn) {
    EXPECT_EQ(after_set(".encoding = \"GBK\"\nb = \"\xFF\xFF\"\n", "a", "é😀"),
              ".encoding = \"UTF-8\"\nb = \"\xFF\xFF\"\na = \"é😀\"\n");
}

TEST(DictionaryEncoding, WithoutADeclarationTheFirstOtherLetterDeclaresUtf8) {
    EXPECT_EQ(after_set("a = \"1\"\r\n", "b", "位"),
              ".encoding = \"UTF-8\"\r\na = \"1\"\r\nb = \"位\"\r\n");
}

TEST(DictionaryEncoding, TheDeclarationComesBehindAnInterpreterLine) {
    EXPECT_EQ(after_set("#!/usr/bin/vmware\na = \"1\"\n", "b", "é"),
              "#!/usr/bin/vmware\n.encoding = \"UTF-8\"\na = \"1\"\nb = \"é\"\n");
}

TEST(DictionaryEncoding, WithoutADeclarationAsciiChangesNothingElse) {
    EXPECT_EQ(after_set("a = \"\xE9\"\n", "b", "plain"), "a = \"\xE9\"\nb = \"plain\"\n");
}

TEST(DictionaryEncoding, UndeclaredBytesThatAreNoUtf8AreWestern) {
    EXPECT_EQ(Dictionary::parse("a = \"\xE9\"\n").find("a"), "é");
}

TEST(DictionaryEncoding, UndeclaredUtf8IsReadAsSuch) {
    EXPECT_EQ(Dictionary::parse("a = \"é\"\n").find("a"), "é");
}

TEST(DictionaryEncoding, AnUndeclaredWesternFileTurnsWhole) {
    EXPECT_EQ(after_set("a = \"\xE9\"\n", "b", "ü"),
              ".encoding = \"UTF-8\"\na = \"é\"\nb = \"ü\"\n");
}

TEST(DictionaryEncoding, AnUnknownEncodingKeepsItsBytes) {
    const auto dictionary = Dictionary::parse(".encoding = \"x-martian\"\na = \"\xE9\"\n");
    EXPECT_EQ(dictionary.find("a"), "\xE9");
}

TEST(DictionaryEncoding, AFileThatOnlyClaimsUtf8KeepsItsBytes) {
    EXPECT_EQ(after_set(".encoding = \"UTF-8\"\na = \"\xE9\"\n", "b", "位"),
              ".encoding = \"UTF-8\"\na = \"\xE9\"\nb = \"位\"\n");
}

// The scan for escapes works on bytes, so a trail byte 7C looks like `|` to it.
TEST(DictionaryEncoding, ATrailByteThatLooksLikeABarIsEscaped) {
    EXPECT_EQ(after_set(".encoding = \"Shift_JIS\"\n", "a", "サポート"),
              ".encoding = \"Shift_JIS\"\na = \"\x83\x54\x83|7C\x81\x5B\x83\x67\"\n");
}

TEST(DictionaryEncoding, ATrailByteThatLooksLikeABarIsReadBack) {
    EXPECT_EQ(Dictionary::parse(after_set(".encoding = \"Shift_JIS\"\n", "a", "ポ12")).find("a"),
              "ポ12");
    EXPECT_EQ(Dictionary::parse(".encoding = \"Shift_JIS\"\na = \"\x83\x7C\x81\x5B\"\n").find("a"),
              "ポー");
}

TEST(DictionaryEncoding, ATrailByteThatLooksLikeABackslashIsKept) {
    EXPECT_EQ(Dictionary::parse(".encoding = \"Shift_JIS\"\na = \"\x83\x5C\"\n").find("a"), "ソ");
}

TEST(DictionaryEncoding, EscapedTrailBytesSurviveTheTurn) {
    Dictionary dictionary = Dictionary::parse(".encoding = \"Shift_JIS\"\n");
    dictionary.set("a", "ポ12");
    dictionary.set("b", "é😀");
    EXPECT_EQ(dictionary.find("a"), "ポ12");
    EXPECT_EQ(Dictionary::parse(dictionary.to_bytes()).find("a"), "ポ12");
}

TEST(DictionaryEncoding, EscapedBytesOfValuesSurviveTheTurn) {
    Dictionary dictionary = Dictionary::parse(".encoding = \"GBK\"\na = \"\xCE|BB\"\n");
    ASSERT_EQ(dictionary.find("a"), "位");
    dictionary.set("b", "é😀");
    EXPECT_EQ(dictionary.find("a"), "位");
}

// In bytes, as the allocator counts them.
std::size_t memory_in_use() {
    const auto use = mallinfo2();
    return use.uordblks + use.hblkhd;
}

TEST(DictionaryEdit, AMillionLinesWithoutEffectCostLittleMoreThanTheirBytes) {
    const std::size_t before = memory_in_use();
    const Dictionary dictionary = Dictionary::parse(std::string(std::size_t{1} << 20, '\n'));
    EXPECT_LT(memory_in_use() - before, std::size_t{2} << 20);
}

// Joined, these lines would be a well-formed one.
TEST(DictionaryEdit, LinesWithoutEffectStayWithoutIt) {
    Dictionary dictionary = Dictionary::parse("#\nfoo\n=bar\nfoo\n=bar");
    dictionary.set("a", "b");
    dictionary.set("c", "\xE4\xBD\x8D");
    EXPECT_EQ(dictionary.entries().size(), 3U);  // one of them is .encoding
    EXPECT_EQ(Dictionary::parse(dictionary.to_bytes()).entries().size(), 3U);
}

TEST(DictionaryEdit, SettlingMakesTheEditedTextTheParsedOne) {
    auto dictionary = Dictionary::parse(
        "\xEF\xBB\xBF"
        "a = \"1\"\n# note\nb = \"2\"\nc = \"3\"\n");
    dictionary.set("b", "two");
    dictionary.remove("a");
    dictionary.set("d", "4");
    const std::string before = dictionary.to_bytes();
    EXPECT_EQ(dictionary.settle(), before);
    EXPECT_TRUE(dictionary.was_parsed_from(before));
    EXPECT_EQ(dictionary.to_bytes(), before);
    EXPECT_EQ(dictionary.line_of("c"), 3U);
}

TEST(DictionaryEdit, GoesOnAfterSettling) {
    auto dictionary = Dictionary::parse("a = \"1\"\nb = \"2\"\na = \"3\"\n");
    dictionary.remove("b");
    dictionary.settle();
    dictionary.set("a", "4");
    dictionary.set("b", "5");
    EXPECT_EQ(dictionary.to_bytes(), "a = \"1\"\na = \"4\"\nb = \"5\"\n");
    dictionary.remove("a");
    EXPECT_EQ(dictionary.settle(), "b = \"5\"\n");
    EXPECT_FALSE(dictionary.find("a"));
}

// The text stays where it is while lines keep their places, and moves when it outgrows its room.
TEST(DictionaryEdit, SettlesAThousandTimes) {
    auto dictionary = Dictionary::parse(
        "\xEF\xBB\xBF"
        "count = \"1000\"\nx = \"y\"\n");
    for (int i = 0; i < 1000; ++i) {
        dictionary.set("line" + std::to_string(i),
                       std::string(static_cast<std::size_t>(i % 7), 'v'));
        dictionary.set("count", std::to_string(1001 + i));
        dictionary.set("count", std::to_string(2001 + i));
        const std::string before = dictionary.to_bytes();
        ASSERT_EQ(dictionary.settle(), before);
        ASSERT_EQ(dictionary.to_bytes(), before);
        ASSERT_TRUE(dictionary.was_parsed_from(before));
        if (i == 500) dictionary.remove("x");
        if (i == 700) dictionary.set("count", "longer than before");
    }
    EXPECT_EQ(dictionary.find("count"), "3000");
    EXPECT_EQ(dictionary.find("line999"), "vvvvv");
    const auto again = Dictionary::parse(dictionary.to_bytes());
    EXPECT_EQ(again.names(), dictionary.names());
    EXPECT_FALSE(again.fault());
    EXPECT_EQ(dictionary.line_of("line0"), 2U);
}

TEST(DictionaryEdit, TellsWhichPartsItSettled) {
    auto dictionary = Dictionary::parse("count = \"1\"\nx = \"y\"\n");
    std::string text = dictionary.to_bytes();
    for (int i = 2; i < 10; ++i) {
        dictionary.set("count", std::to_string(i));
        dictionary.set("line" + std::to_string(i), "v");
        const std::string now = dictionary.settle();
        ASSERT_TRUE(dictionary.settled_parts());
        text.resize(now.size(), '?');
        for (const auto& [begin, size] : *dictionary.settled_parts()) {
            ASSERT_LE(begin + size, now.size());
            text.replace(begin, size, now, begin, size);
        }
        ASSERT_EQ(text, now);
    }
    dictionary.set("count", "10");
    dictionary.settle();
    EXPECT_FALSE(dictionary.settled_parts());  // everything behind it has moved
}

TEST(DictionaryEdit, SettlesWhatWasNeverParsed) {
    Dictionary dictionary;
    dictionary.set("a", "1");
    EXPECT_EQ(dictionary.settle(), "a = \"1\"\n");
    dictionary.set("b", "2");
    EXPECT_EQ(dictionary.settle(), "a = \"1\"\nb = \"2\"\n");
}

TEST(DictionaryEdit, SettlingLeavesACopyAsItWas) {
    auto dictionary = Dictionary::parse("a = \"1\"\n");
    const Dictionary copy = dictionary;
    dictionary.set("a", "2");
    dictionary.settle();
    EXPECT_EQ(copy.to_bytes(), "a = \"1\"\n");
    EXPECT_EQ(copy.find("a"), "1");
}

TEST(DictionaryEdit, ALineIsAppendedWithTheEndOfTheFirst) {
    Dictionary dictionary = Dictionary::parse("\r\n\r\n\r\n");
    dictionary.set("a", "b");
    EXPECT_EQ(dictionary.to_bytes(), "\r\n\r\n\r\na = \"b\"\r\n");
}

}  // namespace
}  // namespace vix::format
