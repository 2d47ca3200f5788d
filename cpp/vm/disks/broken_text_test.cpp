#include "vm/disks/broken_text.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "testing/process/failure.h"

namespace vix::vm {
namespace {

using testing::code_of;

bool names(const std::string& text, const std::string& name) {
    const auto found = names_in_broken_text(text);
    return std::any_of(found.begin(), found.end(),
                       [&](const NamedFile& file) { return file.name == name; });
}

TEST(NamesInBrokenText, AreThoseOfSoundLines) {
    EXPECT_TRUE(names("scsi0:0.fileName = \"my disk.vmdk\"\r\n", "my disk.vmdk"));
    EXPECT_TRUE(names("scsi0:0.fileName = /dev/sdb\n", "/dev/sdb"));
}

TEST(NamesInBrokenText, AreThoseOfLinesWithoutAClosingQuote) {
    EXPECT_TRUE(names("scsi0:0.fileName = \"my disk.vmdk\n", "my disk.vmdk"));
    EXPECT_TRUE(names("scsi0:0.fileName = \"disk", "disk"));
}

TEST(NamesInBrokenText, AreThoseOfBareValuesWithBlanks) {
    EXPECT_TRUE(names("scsi0:0.fileName = my disk.vmdk\n", "my disk.vmdk"));
    EXPECT_TRUE(names("scsi0:0.fileName = my disk.vmdk # the old one\n", "my disk.vmdk"));
    EXPECT_TRUE(names("scsi0:0.fileName \"my disk.vmdk\"\n", "my disk.vmdk"));
    EXPECT_TRUE(names("scsi0:0.fileName: disk.vmdk;\n", "disk.vmdk"));
}

TEST(NamesInBrokenText, AreThoseOfTwoLinesInOne) {
    const std::string text =
        "scsi0:0.fileName = \"a.vmdk\"scsi0:1.fileName = \"b c.VMDK\" sata0:0.fileName=d.vmdk\n";
    EXPECT_TRUE(names(text, "a.vmdk"));
    EXPECT_TRUE(names(text, "b c.VMDK"));
    EXPECT_TRUE(names(text, "d.vmdk"));
}

TEST(NamesInBrokenText, AreThoseOfComments) {
    EXPECT_TRUE(names("# scsi0:1.fileName = \"b.vmdk\"\n", "b.vmdk"));
}

TEST(NamesInBrokenText, AreWithoutEscapesAndDecoded) {
    EXPECT_TRUE(names("scsi0:0.fileName = \"a|23b.vmdk\n", "a#b.vmdk"));
    const auto found =
        names_in_broken_text(".encoding = \"GBK\"\nscsi0:0.fileName = \"\xCE\xBB.vmdk\n");
    const auto disk = std::find_if(found.begin(), found.end(), [](const NamedFile& file) {
        return file.bytes == "\xCE\xBB.vmdk";
    });
    ASSERT_NE(disk, found.end());
    EXPECT_EQ(disk->name, "位.vmdk");
}

TEST(NamesInBrokenText, AreThoseBeforeANulAsWell) {
    EXPECT_TRUE(names(std::string("scsi0:0.fileName = \"a.vmdk\"\n\0\n", 31), "a.vmdk"));
}

TEST(NamesInBrokenText, AreNotGivenInPart) {
    std::string text = "a = ";
    for (int i = 0; i < 400000; ++i) text += std::to_string(i) + std::string(40, 'x') + ".vmdk ";
    EXPECT_EQ(code_of([&] { names_in_broken_text(text); }), VIX_E_CANNOT_READ_VM_CONFIG);
}

}  // namespace
}  // namespace vix::vm
