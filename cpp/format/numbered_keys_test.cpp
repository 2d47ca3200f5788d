#include "format/numbered_keys.h"

#include <gtest/gtest.h>

namespace vix::format {
namespace {

std::string without(const std::string& text, std::size_t number) {
    Dictionary dictionary = Dictionary::parse(text);
    remove_key_group(dictionary, "index", number);
    return dictionary.to_bytes();
}

TEST(NumberedKeys, AreGroupedByNumber) {
    const auto groups = key_groups(
        Dictionary::parse("index0.id = \"a\"\nINDEX10.ID = \"b\"\nindex10.x.y = \"c\"\n"), "index");
    ASSERT_EQ(groups.size(), 2U);
    EXPECT_EQ(groups.at(0).at("id").value, "a");
    EXPECT_EQ(groups.at(10).at("id").value, "b");
    EXPECT_EQ(groups.at(10).at("x.y").value, "c");
}

TEST(NumberedKeys, AreNotKeysThatOnlyLookLikeThem) {
    const auto groups =
        key_groups(Dictionary::parse("index.count = \"1\"\nindexes0.id = \"a\"\nindex0 = \"b\"\n"
                                     "index12345678901234567890.id = \"c\"\n"),
                   "index");
    EXPECT_TRUE(groups.empty());
}

TEST(NumberedKeys, MoveUpWhenAGroupGoes) {
    EXPECT_EQ(without("a = \"1\"\nindex0.id = \"x\"\nindex0.old = \"q\"\nindex1.id = \"y\"\n"
                      "# kept\nindex2.id = \"z\"\n",
                      0),
              "a = \"1\"\nindex0.id = \"y\"\nindex1.id = \"z\"\n# kept\n");
}

TEST(NumberedKeys, KeepGroupsBehindAGap) {
    EXPECT_EQ(without("index0.id = \"x\"\nindex5.id = \"y\"\n", 0), "index5.id = \"y\"\n");
}

TEST(NumberedKeys, MoveUpWithTextThatCannotBeDecoded) {
    EXPECT_EQ(without("index0.id = \"x\"\nindex1.id = \"\x81\"\n", 0), "index0.id = \"\x81\"\n");
}

TEST(NumberedKeys, StayWhereThereIsNoSuchGroup) {
    EXPECT_EQ(without("index0.id = \"x\"\n", 3), "index0.id = \"x\"\n");
}

}  // namespace
}  // namespace vix::format
