#include "format/vmdk/qemu_descriptor.h"

#include <gtest/gtest.h>

namespace vix::format::vmdk {
namespace {

struct Text {
    std::string version = "version=1\n";
    std::string ids = "CID=11111111\nparentCID=ffffffff\n";
    std::string type = "createType=\"twoGbMaxExtentSparse\"\n";
    std::string extents = "RW 1024 SPARSE \"a-s001.vmdk\"\nRW 600 FLAT \"a-f002.vmdk\" 0\n";
    std::string more = "ddb.adapterType = \"lsilogic\"\n";

    std::string whole() const {
        return "# Disk DescriptorFile\n" + version + ids + type + extents + more;
    }
};

std::string misread(const Text& text, bool embedded = false) {
    const std::string whole = text.whole();
    return misread_by_qemu(whole, parse_descriptor(whole, "x"), embedded).value_or("");
}

bool survives(const Text& text) {
    const std::string whole = text.whole();
    return survives_qemus_write(whole, parse_descriptor(whole, "x"));
}

TEST(QemuDescriptor, ReadsTheUsualTextAsWeDo) {
    EXPECT_EQ(misread({}), "");
    EXPECT_TRUE(survives({}));
}

TEST(QemuDescriptor, KnowsNoOtherCreateTypes) {
    for (const char* type : {"custom", "vmfsThin", "2GbMaxExtentSparse", "TwoGbMaxExtentSparse"}) {
        Text text;
        text.type = std::string{"createType=\""} + type + "\"\n";
        EXPECT_NE(misread(text), "") << type;
    }
}

TEST(QemuDescriptor, WantsNoBlanksRoundTheCreateType) {
    Text text;
    text.type = "createType = \"twoGbMaxExtentSparse\"\n";
    EXPECT_NE(misread(text), "");
}

TEST(QemuDescriptor, PassesOverExtentsThatAreNotWritable) {
    for (const char* line :
         {"RDONLY 8 SPARSE \"b\"\n", "NOACCESS 8 SPARSE \"b\"\n", "RW 8 ZERO\n"}) {
        Text text;
        text.extents += line;
        EXPECT_NE(misread(text), "") << line;
        EXPECT_EQ(misread(text, true), "") << line;
    }
}

TEST(QemuDescriptor, WantsAnOffsetForFlatAndNoneForVmfs) {
    Text text;
    text.extents = "RW 600 FLAT \"a-flat.vmdk\"\n";
    EXPECT_NE(misread(text), "");
    text.extents = "RW 600 VMFS \"a-flat.vmdk\" 0\n";
    EXPECT_NE(misread(text), "");
    text.extents = "RW 600 VMFS \"a-flat.vmdk\"\n";
    EXPECT_EQ(misread(text), "");
}

TEST(QemuDescriptor, DoesNotKnowExtentLinesInSmallLetters) {
    Text text;
    text.extents = "rw 1024 sparse \"a-s001.vmdk\"\n";
    EXPECT_NE(misread(text), "");
}

TEST(QemuDescriptor, CutsOffALongName) {
    Text text;
    text.extents = "RW 1024 SPARSE \"" + std::string(512, 'n') + "\"\n";
    EXPECT_NE(misread(text), "");
}

TEST(QemuDescriptor, TakesTheFirstCidItFinds) {
    for (const char* ids :
         {"parentCID=ffffffff\nCID=11111111\n", "CID = 11111111\nparentCID=ffffffff\n",
          "cid=11111111\nparentCID=ffffffff\n", "CID=11111111\nparentcid=ffffffff\n",
          "# its CID\nCID=11111111\nparentCID=ffffffff\n", "parentCID=ffffffff\n"}) {
        Text text;
        text.ids = ids;
        EXPECT_NE(misread(text, true), "") << ids;
    }
}

TEST(QemuDescriptor, LosesALineBetweenTheIds) {
    Text text;
    text.ids = "CID=11111111\nddb.x = \"1\"\nparentCID=ffffffff\n";
    EXPECT_EQ(misread(text), "");
    EXPECT_FALSE(survives(text));
}

TEST(QemuDescriptor, PutsAParentsIdOutOfPlaceWhereThatStandsFirst) {
    Text text;
    text.ids = "parentCID=ffffffff\nCID=11111111\n";
    EXPECT_FALSE(survives(text));
}

TEST(QemuDescriptor, CutsOffWhatALongerIdPushesOut) {
    Text text;
    text.ids = "CID=1\nparentCID=ffffffff\n";
    const std::size_t short_of = kQemuDescriptorLimit - 4 - text.whole().size();
    text.more = "#" + std::string(short_of - 6, 'x') + "\nddb.a = \"1\"\n" + text.more;
    text.more.resize(text.more.size());
    EXPECT_FALSE(survives(text));
    text.ids = "CID=11111111\nparentCID=ffffffff\n";
    text.more.erase(1, 100);
    EXPECT_TRUE(survives(text));
}

TEST(QemuDescriptor, CutsTheLastByteOffALongText) {
    Text text;
    text.more = "#" + std::string(kQemuDescriptorLimit, 'x') + "\nddb.a = \"1\"\n";
    EXPECT_TRUE(survives(text));
    text.more.pop_back();
    EXPECT_FALSE(survives(text));
}

TEST(QemuDescriptor, NoticesChangeTracking) {
    EXPECT_FALSE(tracks_changes(Text{}.whole()));
    Text text;
    text.version = "version=3\n";
    EXPECT_TRUE(tracks_changes(text.whole()));
    text.version = "version=1\n";
    text.more = "\n# Change Tracking File\nchangeTrackPath=\"a-ctk.vmdk\"\n";
    EXPECT_TRUE(tracks_changes(text.whole()));
}

TEST(QemuDescriptor, EndsChangeTrackingAndKeepsAllElse) {
    Text text;
    text.version = "version=3\n";
    text.more = "# Change Tracking File\nchangeTrackPath=\"a-ctk.vmdk\"\r\nddb.a = \"1\"\n";
    const std::string before = text.whole();
    Text expected;
    expected.more = "# Change Tracking File\n" + std::string(28, '#') + "\r\nddb.a = \"1\"\n";
    EXPECT_EQ(without_change_tracking(before), expected.whole());
    EXPECT_FALSE(tracks_changes(without_change_tracking(before)));
}

}  // namespace
}  // namespace vix::format::vmdk
