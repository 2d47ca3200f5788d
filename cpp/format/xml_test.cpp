#include "format/xml.h"

#include <gtest/gtest.h>

#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"

namespace vix::format {
namespace {

using testing::code_of;
using testing::contains;
using testing::detail_of;

TEST(XmlWriter, WritesAnElementALine) {
    XmlWriter writer;
    writer.open("a", {{"x", "1"}}).empty("b").text("c", "text", {{"y", "2"}}).open("d");
    EXPECT_EQ(writer.finish(),
              "<a x=\"1\">\n"
              "  <b/>\n"
              "  <c y=\"2\">text</c>\n"
              "  <d/>\n"
              "</a>\n");
}

// What one writes is what the other reads.
TEST(Xml, AnyTextComesBack) {
    for (const char* text : {"", "plain", "<a> & 'b' \"c\" ]]>", "&amp;", "line\nline\ttab\rend",
                             " blank ", "\xC3\xA4\xE4\xB8\xAD\xF0\x9F\x90\xAA"}) {
        XmlWriter writer;
        writer.open("r", {{"a", text}}).text("t", text);
        const XmlDocument document{writer.finish(), "r"};
        EXPECT_EQ(document.root().attribute("a"), text);
        EXPECT_EQ(document.find("/r/t").at(0).text(), text);
    }
}

TEST(Xml, AnyTextIsSetAndComesBack) {
    for (const char* text : {"", "a & b", "&lt;", "'\"", "\n", "\xC3\xA4"}) {
        const XmlDocument before{"<r a='old'><b/>old</r>", "r"};
        before.root().set_text(text);
        before.root().set_attribute("a", text);
        const XmlDocument after{before.to_text(), "r"};
        EXPECT_EQ(after.root().text(), text);
        EXPECT_EQ(after.root().attribute("a"), text);
    }
}

TEST(Xml, WhatNoDocumentCanHoldBecomesAQuestionMark) {
    EXPECT_EQ(xml_text("a\x01\x7F\tb\n"), "a??\tb\n");
    EXPECT_EQ(xml_text("\xC3\xA4\xFF"), "???");
    EXPECT_EQ(xml_text(std::string("a\0b", 3)), "a?b");
    XmlWriter writer;
    writer.text("a", "\xFF", {{"b", "\x02"}});
    EXPECT_EQ(writer.finish(), "<a b=\"?\">?</a>\n");
}

TEST(XmlDocument, FindsElementsInTheirOrder) {
    const XmlDocument document{
        "<domain><disk><target dev='sda' bus='scsi'/></disk><disk><target bus=\"ide\" "
        "dev=\"hda\"/></disk><interface><target dev='vnet0'/></interface></domain>",
        "domain"};
    const auto found = document.find("//disk/target");
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].attribute("dev"), "sda");
    EXPECT_EQ(found[1].attribute("dev"), "hda");
    EXPECT_EQ(found[1].attribute("de"), std::nullopt);
    EXPECT_TRUE(document.find("//memory").empty());
    EXPECT_EQ(document.root().text(), "");
}

TEST(XmlDocument, KeepsWhatIsNotChanged) {
    const std::string text =
        "<a b=\"1\"><!-- c -->\n <d/>\xC3\xA4&lt;<e f=\"&quot;\">g</e>\n</a>\n";
    EXPECT_EQ(XmlDocument(text, "a").to_text(), text);
}

TEST(XmlDocument, ElementsAreAddedAndRemoved) {
    const XmlDocument document{"<a><b x='1'><c/>text</b><d/><b/></a>", "a"};
    XmlElement root = document.root();
    ASSERT_EQ(root.children("b").size(), 2U);
    EXPECT_TRUE(root.children("c").empty());
    root.children("b")[0].children("c")[0].remove();
    root.children("b")[1].remove();
    root.children("d")[0].add("e").set_attribute("f", "<");
    EXPECT_EQ(document.to_text(), "<a><b x=\"1\">text</b><d><e f=\"&lt;\"/></d></a>\n");
    EXPECT_EQ(root.children("b")[0].to_text(), "<b x=\"1\">text</b>");
    EXPECT_EQ(root.children("d")[0].to_text(), "<d><e f=\"&lt;\"/></d>");
}

TEST(XmlDocument, OfAnotherEncodingIsReadAsItSays) {
    const XmlDocument document{"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE4</a>", "a"};
    EXPECT_EQ(document.to_text(), "<a>\xC3\xA4</a>\n");
}

TEST(XmlDocument, ThatIsNoneIsRefusedWithTheReason) {
    for (const char* text : {"", "text", "<a>", "<a></b>", "<a/><b/>", "<a b=1/>", "<a>&x;</a>",
                             "<a>\xFF</a>", "<a b='1' b='2'/>", "<a>\x01</a>"}) {
        EXPECT_EQ(code_of([&] { XmlDocument(text, "x"); }), VIX_E_INVALID_XML) << text;
    }
    const auto detail = detail_of([] { XmlDocument("<a>\n</b>", "the description"); });
    EXPECT_TRUE(contains(detail, "the description cannot be read as XML: line 2: ")) << detail;
    EXPECT_TRUE(contains(detail, "mismatch")) << detail;
    EXPECT_EQ(detail.find('\n'), std::string::npos) << detail;
}

TEST(XmlDocument, WithADtdIsRefused) {
    const testing::TempFolder folder;
    const auto secret = folder.write("secret", "SECRET").string();
    const auto detail = [](const std::string& text) {
        return detail_of([&] { XmlDocument(text, "x"); });
    };
    const std::string reason = "x cannot be read as XML: it has a document type definition";
    EXPECT_EQ(detail("<!DOCTYPE a><a/>"), reason);
    EXPECT_EQ(detail("<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/a.dtd'><a/>"), reason);
    EXPECT_EQ(detail("<!DOCTYPE a [<!ENTITY e SYSTEM '" + secret + "'>]><a>&e;</a>"), reason);
    std::string bomb = "<!DOCTYPE a [<!ENTITY e0 'ha'>";
    for (int i = 1; i < 30; ++i) {
        const std::string last = "&e" + std::to_string(i - 1) + ";";
        bomb += "<!ENTITY e" + std::to_string(i) + " '" + last + last + "'>";
    }
    EXPECT_EQ(detail(bomb + "]><a b='&e29;'>&e29;</a>"), reason);
}

TEST(XmlDocument, IsBoundedInSizeAndDepth) {
    const std::string large = "<a>" + std::string(std::size_t{17} << 20, ' ') + "</a>";
    EXPECT_TRUE(contains(detail_of([&] { XmlDocument(large, "x"); }), "more than the 16777216"));
    std::string deep;
    for (int i = 0; i < 100000; ++i) deep += "<a>";
    EXPECT_EQ(code_of([&] { XmlDocument(deep, "x"); }), VIX_E_INVALID_XML);
}

}  // namespace
}  // namespace vix::format
