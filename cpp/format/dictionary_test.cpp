#include "format/dictionary.h"

#include <gtest/gtest.h>

#include "testing/disks/round_trip.h"
#include "testing/disks/samples.h"
#include "testing/process/temp_folder.h"

namespace vix::format {
namespace {

using testing::read_file;

Dictionary parse(std::string_view bytes) {
    Dictionary dictionary = Dictionary::parse(bytes);
    EXPECT_EQ(testing::lost_by_writing(dictionary, bytes), "");
    return dictionary;
}

// All entries as "name=value;name=value", in the order of the file.
std::string entries_of(const Dictionary& dictionary) {
    std::string text;
    for (const auto& [name, value] : dictionary.entries()) {
        text += (text.empty() ? "" : ";") + name + '=' + value;
    }
    return text;
}

std::string entries_of(std::string_view text) {
    return entries_of(parse(text));
}

std::optional<std::string> value_of(std::string_view line) {
    return parse(line).find("a");
}

TEST(Dictionary, ReadsNamesAndValues) {
    EXPECT_EQ(entries_of("config.version = \"8\"\nguestOS = \"other\"\n"),
              "config.version=8;guestOS=other");
}

TEST(Dictionary, TakesAnyBlanksAroundTheParts) {
    EXPECT_EQ(entries_of("  \ta\t =\t \"b\" \t\nc=\"d\"\n"), "a=b;c=d");
}

TEST(Dictionary, ReadsBareWords) {
    EXPECT_EQ(value_of("a = /vmfs/volumes/x.vmdk"), "/vmfs/volumes/x.vmdk");
    EXPECT_EQ(value_of("a = b\"c=d"), "b\"c=d");
    EXPECT_EQ(value_of("a = b#comment"), "b");
}

TEST(Dictionary, ReadsEmptyValues) {
    EXPECT_EQ(value_of("a = \"\""), "");
    EXPECT_EQ(value_of("a ="), "");
    EXPECT_EQ(value_of("a = # nothing"), "");
}

TEST(Dictionary, SkipsComments) {
    EXPECT_EQ(entries_of("#!/usr/bin/vmware\n # a = \"1\"\na = \"2\" # b\n"), "a=2");
}

TEST(Dictionary, AHashBelongsToAQuotedValue) {
    EXPECT_EQ(value_of("a = \"b # c\""), "b # c");
}

TEST(Dictionary, NamesHaveAllButBlanksHashAndEquals) {
    EXPECT_EQ(entries_of("a-b:c.d|\"e\\ = \"1\"\n"), "a-b:c.d|\"e\\=1");
    EXPECT_EQ(entries_of("a#b = \"1\"\n"), "");
    EXPECT_EQ(entries_of("a b = \"1\"\n"), "");
    EXPECT_EQ(entries_of("= \"1\"\n"), "");
}

TEST(Dictionary, IgnoresLinesThatAreNotWellFormed) {
    EXPECT_EQ(entries_of("no equals sign\n"), "");
    EXPECT_EQ(entries_of("a = \"no closing quote\n"), "");
    EXPECT_EQ(entries_of("a = \"b\" c\n"), "");
    EXPECT_EQ(entries_of("a = b c\n"), "");
    EXPECT_EQ(entries_of("a = \"b\"c\n"), "");
}

// "3: the value of a has no closing quote"; empty for a text without a fault.
std::string fault_of(std::string_view text) {
    const auto fault = parse(text).fault();
    return fault ? std::to_string(fault->line) + ": " + fault->what : "";
}

TEST(Dictionary, TellsTheFirstLineThatIsNotWellFormed) {
    EXPECT_EQ(fault_of("a = \"1\"\r\n# c\r\nno equals sign\r\nb = c d\r\n"),
              "3: this is neither an assignment nor a comment");
    EXPECT_EQ(fault_of("a = \"1\"\ra b = \"1\"\r"),
              "2: this is neither an assignment nor a comment");
    EXPECT_EQ(fault_of("a = \"no closing quote\n"), "1: the value of a has no closing quote");
    EXPECT_EQ(fault_of("\n\n a.b-c:1 = \"b\"c\n"),
              "3: text follows the closing quote of the value of a.b-c:1");
    EXPECT_EQ(fault_of("a = b c\n"), "1: the value of a has a blank and no quotes");
    EXPECT_EQ(fault_of(" = b\n"), "1: there is no name before the \"=\"");
    EXPECT_EQ(fault_of(std::string_view{"a = \"b\0c\"\n", 10}), "1: there is a NUL byte");
}

TEST(Dictionary, TellsNoFaultOfWhatVmwareAccepts) {
    EXPECT_EQ(fault_of("\xEF\xBB\xBF#!/usr/bin/vmware\n\n \t\n # c\na = b\nc =\nd = \"\" # e\n"),
              "");
    EXPECT_EQ(fault_of(""), "");
}

TEST(Dictionary, TellsANameThatIsDefinedTwice) {
    EXPECT_EQ(fault_of("a = \"1\"\n\nc = \"2\"\nA = \"1\"\nc = \"3\"\n"),
              "4: A is already defined in line 1");
    EXPECT_EQ(fault_of("a = \"1\"\na = \"2\"\nx\n"), "2: a is already defined in line 1");
    EXPECT_EQ(fault_of("x\na = \"1\"\na = \"2\"\n"),
              "1: this is neither an assignment nor a comment");
}

TEST(Dictionary, AFaultDoesNotRepeatWhatIsNoName) {
    EXPECT_EQ(fault_of("root:$6$secret = \"1\n"), "1: the value of a setting has no closing quote");
}

TEST(Dictionary, TellsTheLineOfAName) {
    auto dictionary = parse("a = \"1\"\r\n\r\nb = \"2\"\r\n");
    EXPECT_EQ(dictionary.line_of("B"), 3U);
    EXPECT_EQ(dictionary.line_of("c"), 0U);
    dictionary.set("b", "3");
    EXPECT_EQ(dictionary.line_of("b"), 0U);
}

TEST(Dictionary, IgnoresLinesWithANul) {
    EXPECT_EQ(entries_of(std::string_view{"a = \"b\0c\"\nd = \"e\"\n", 18}), "d=e");
}

TEST(Dictionary, KeepsMalformedLinesToTheByte) {
    const std::string text = "x\r\na = \"open\r\n\r\n a = b c \xFF\r\n= 1\r\n\"\r\n";
    EXPECT_EQ(parse(text).to_bytes(), text);
}

TEST(Dictionary, AMalformedLineDoesNotSwallowTheNext) {
    EXPECT_EQ(entries_of("a = \"open\nb = \"1\"\n"), "b=1");
}

TEST(Dictionary, LinesEndWithAnyOfTheThreeLineEnds) {
    EXPECT_EQ(entries_of("a = \"1\"\nb = \"2\"\r\nc = \"3\"\rd = \"4\""), "a=1;b=2;c=3;d=4");
}

TEST(Dictionary, ACarriageReturnAloneEndsALineAmongOthers) {
    const std::string text = "a = \"1\"\rb = \"2\"\r\rc = \"3\"\r\nd = \"4\"\re = \"5\"\r";
    EXPECT_EQ(entries_of(text), "a=1;b=2;c=3;d=4;e=5");
    EXPECT_EQ(parse(text).to_bytes(), text);
}

TEST(Dictionary, OtherControlCharactersEndNoLine) {
    EXPECT_EQ(value_of("a = \"b\x0B\x0C\xC2\x85 c\""), "b\x0B\x0C\xC2\x85 c");
}

TEST(Dictionary, CarriageReturnsBeforeALineEndAreEmptyLines) {
    const std::string text = "a = \"1\"\r\r\nb = \"2\"\r\r\n";
    EXPECT_EQ(entries_of(text), "a=1;b=2");
    EXPECT_EQ(parse(text).to_bytes(), text);
}

TEST(Dictionary, SkipsAByteOrderMark) {
    const std::string text = "\xEF\xBB\xBF.encoding = \"UTF-8\"\n";
    EXPECT_EQ(entries_of(text), ".encoding=UTF-8");
    EXPECT_EQ(parse(text).to_bytes(), text);
}

TEST(Dictionary, OfNothingHasNothing) {
    EXPECT_EQ(entries_of(""), "");
    EXPECT_EQ(parse("").to_bytes(), "");
}

TEST(Dictionary, FindsNamesWithoutCase) {
    EXPECT_EQ(parse("displayname = \"x\"\n").find("displayName"), "x");
}

TEST(Dictionary, FindsNothingForNamesThatAreNotThere) {
    EXPECT_EQ(parse("a = \"1\"\n").find("b"), std::nullopt);
    EXPECT_EQ(parse("a = \"1\"\n# b\n\n").find(""), std::nullopt);
}

TEST(Dictionary, TheLastOfANameCounts) {
    EXPECT_EQ(parse("a = \"1\"\nA = \"2\"\n").find("a"), "2");
}

TEST(Dictionary, UndoesEscapes) {
    EXPECT_EQ(value_of("a = \"|22quoted|22\""), "\"quoted\"");
    EXPECT_EQ(value_of("a = \"one|0D|0Atwo\""), "one\r\ntwo");
    EXPECT_EQ(value_of("a = \"|7c|7C\""), "||");
    EXPECT_EQ(value_of("a = \"|23C0C0C0\""), "#C0C0C0");
}

TEST(Dictionary, UndoesEscapesOfBareWords) {
    EXPECT_EQ(value_of("a = b|20c"), "b c");
}

TEST(Dictionary, LeavesABarWithoutTwoDigits) {
    EXPECT_EQ(value_of("a = \"|\""), "|");
    EXPECT_EQ(value_of("a = \"|2\""), "|2");
    EXPECT_EQ(value_of("a = \"|2g|\""), "|2g|");
    EXPECT_EQ(value_of("a = \"|xyz\""), "|xyz");
}

TEST(Dictionary, ReadsOnBehindTheByteThatBreaksAnEscape) {
    EXPECT_EQ(value_of("a = \"||22\""), "||22");
    EXPECT_EQ(value_of("a = \"|2|22\""), "|2|22");
    EXPECT_EQ(value_of("a = \"|||22\""), "||\"");
    EXPECT_EQ(value_of("a = \"|x|22\""), "|x\"");
}

TEST(Dictionary, FindBytesUndoesEscapesButDecodesNothing) {
    const auto dictionary = parse(".encoding = \"GBK\"\na = \"\xCE\xBB|22\"\n");
    EXPECT_EQ(dictionary.find_bytes("a"), "\xCE\xBB\"");
    EXPECT_EQ(dictionary.find("a"), "位\"");
}

// The samples, and the real files if there are any.
class DictionaryOfFile : public ::testing::TestWithParam<std::string> {};

TEST_P(DictionaryOfFile, IsWrittenAsItWasRead) {
    const std::string bytes = read_file(GetParam());
    EXPECT_EQ(Dictionary::parse(bytes).to_bytes(), bytes);
}

TEST_P(DictionaryOfFile, DiffersOnlyInTheLineThatIsSet) {
    const std::string bytes = read_file(GetParam());
    Dictionary dictionary = parse(bytes);
    dictionary.set("vix.test", "1");
    dictionary.remove("VIX.TEST");
    const std::string edited = dictionary.to_bytes();
    EXPECT_EQ(edited.substr(0, bytes.size()), bytes);
    EXPECT_LE(edited.size(), bytes.size() + 2);  // the last line may get a line end
}

TEST_P(DictionaryOfFile, TakesItsOwnValuesWithoutAChangeOfMeaning) {
    Dictionary dictionary = parse(read_file(GetParam()));
    const std::string before = entries_of(dictionary);
    for (const auto& [name, value] : dictionary.entries()) dictionary.set(name, value);
    EXPECT_EQ(entries_of(parse(dictionary.to_bytes())), before);
}

INSTANTIATE_TEST_SUITE_P(SampleVmx, DictionaryOfFile,
                         ::testing::ValuesIn(testing::sample_files(".vmx")));
INSTANTIATE_TEST_SUITE_P(SampleVmsd, DictionaryOfFile,
                         ::testing::ValuesIn(testing::sample_files(".vmsd")));
INSTANTIATE_TEST_SUITE_P(RealVmx, DictionaryOfFile,
                         ::testing::ValuesIn(testing::real_files(".vmx")));
INSTANTIATE_TEST_SUITE_P(RealVmsd, DictionaryOfFile,
                         ::testing::ValuesIn(testing::real_files(".vmsd")));

TEST(DictionaryOfSample, BrokenQuotesHaveNoEffect) {
    const auto dictionary =
        parse(read_file(testing::sample_file("broken-quotes/Reception PC.vmx")));
    EXPECT_EQ(dictionary.find("sharedFolder0.hostPath"), std::nullopt);
    EXPECT_EQ(dictionary.find("displayName"), "Reception PC");
    ASSERT_TRUE(dictionary.fault());
    EXPECT_EQ(dictionary.fault()->line, 68U);
}

TEST(DictionaryOfSample, ReadsGbk) {
    const auto dictionary = parse(read_file(testing::sample_file("gbk-running/vm.vmx")));
    EXPECT_EQ(dictionary.find("displayName"), "kk");
    EXPECT_EQ(dictionary.find("nvram"), "Depot 7 楼.nvram");
}

TEST(DictionaryOfSample, ReadsAnUnquotedValue) {
    const auto dictionary = parse(read_file(testing::sample_file("esx4-clone-unquoted.vmx")));
    EXPECT_EQ(dictionary.find("scsi0:0.fileName").value_or("").substr(0, 6), "/vmfs/");
}

}  // namespace
}  // namespace vix::format
