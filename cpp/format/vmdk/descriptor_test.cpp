#include "format/vmdk/descriptor.h"

#include <gtest/gtest.h>

#include <fstream>

#include "testing/disks/round_trip.h"
#include "testing/disks/samples.h"
#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"

namespace vix::format::vmdk {
namespace {

using testing::code_of;
using testing::contains;
using testing::detail_of;
using testing::read_file;
using testing::sample_file;

constexpr const char* kUsual =
    "# Disk DescriptorFile\n"
    "version=1\n"
    "encoding=\"UTF-8\"\n"
    "CID=fffffffe\n"
    "parentCID=ffffffff\n"
    "createType=\"twoGbMaxExtentSparse\"\n"
    "\n"
    "# Extent description\n"
    "RW 8323072 SPARSE \"disk-s001.vmdk\"\n"
    "RW 65536 SPARSE \"disk-s002.vmdk\"\n"
    "\n"
    "# The Disk Data Base \n"
    "#DDB\n"
    "\n"
    "ddb.adapterType = \"lsilogic\"\n"
    "ddb.geometry.cylinders = \"522\"\n";

Descriptor parse(const std::string& text, const std::string& where) {
    Descriptor descriptor = parse_descriptor(text, where);
    EXPECT_EQ(testing::lost_by_writing(descriptor), "");
    return descriptor;
}

// The shortest possible descriptor, with `line` as its extent.
Descriptor with_extent(const std::string& line) {
    return parse("version=1\ncreateType=\"custom\"\n" + line + '\n', "x.vmdk");
}

Descriptor with_header(const std::string& line) {
    return with_extent(line + "\nRW 8 ZERO");
}

TEST(Descriptor, ReadsTheHeader) {
    const Descriptor descriptor = parse(kUsual, "x.vmdk");
    EXPECT_EQ(descriptor.cid, 0xFFFFFFFE);
    EXPECT_FALSE(descriptor.has_parent());
    EXPECT_EQ(descriptor.create_type, "twoGbMaxExtentSparse");
    EXPECT_FALSE(descriptor.encrypted);
}

TEST(Descriptor, ReadsTheExtents) {
    const Descriptor descriptor = parse(kUsual, "x.vmdk");
    ASSERT_EQ(descriptor.extents.size(), 2U);
    EXPECT_EQ(descriptor.extents[0].access, Access::ReadWrite);
    EXPECT_EQ(descriptor.extents[0].sectors, 8323072U);
    EXPECT_EQ(descriptor.extents[0].type, ExtentType::Sparse);
    EXPECT_EQ(descriptor.extents[0].name, "disk-s001.vmdk");
    EXPECT_EQ(descriptor.capacity_sectors(), 8388608U);
}

TEST(Descriptor, ReadsTheDiskDataBase) {
    const Descriptor descriptor = parse(kUsual, "x.vmdk");
    EXPECT_EQ(descriptor.find_ddb("adapterType"), "lsilogic");
    EXPECT_EQ(descriptor.find_ddb("ADAPTERTYPE"), "lsilogic");
    EXPECT_EQ(descriptor.find_ddb("uuid"), std::nullopt);
}

TEST(Descriptor, ReadsWindowsLineEnds) {
    const Descriptor descriptor = parse(
        "# Disk DescriptorFile\r\nversion=1\r\ncreateType=\"custom\"\r\nRW 8 ZERO\r\n", "x.vmdk");
    EXPECT_EQ(descriptor.create_type, "custom");
    EXPECT_EQ(descriptor.capacity_sectors(), 8U);
}

TEST(Descriptor, TakesNamesWithoutCaseAndBlanksRoundTheEquals) {
    const Descriptor descriptor =
        with_header("PARENTcid = 1234abcd\ncid=ABCDEF01\nPARENTFILENAMEHINT = \"p.vmdk\"");
    EXPECT_EQ(descriptor.parent_cid, 0x1234ABCDU);
    EXPECT_EQ(descriptor.cid, 0xABCDEF01U);
    EXPECT_EQ(descriptor.parent_hint, "p.vmdk");
}

TEST(Descriptor, TakesAContentIdOfFewerDigits) {
    EXPECT_EQ(with_header("CID=1a2").cid, 0x1A2U);
}

TEST(Descriptor, AMissingContentIdIsToldFromZero) {
    EXPECT_EQ(with_header("# none").cid, std::nullopt);
    EXPECT_EQ(with_header("CID=00000000").cid, 0U);
}

TEST(Descriptor, ParentCidDoesNotCountAsCid) {
    EXPECT_EQ(with_header("parentCID=12345678").cid, std::nullopt);
}

TEST(Descriptor, EncryptionIsSeen) {
    EXPECT_TRUE(with_header("encryptionKeys=\"vmware:key/list\"").encrypted);
    EXPECT_TRUE(with_header("keyID=\"1\"").encrypted);
    EXPECT_TRUE(with_header("encryption.keySafe = \"x\"").encrypted);
    EXPECT_TRUE(with_header("ddb.iofilters = \"a,VMW_vmwarevmcrypt_1.0.0\"").encrypted);
    EXPECT_FALSE(with_header("ddb.iofilters = \"spm\"\nencryptionx=\"1\"").encrypted);
}

TEST(Descriptor, IgnoresWhatItDoesNotKnow) {
    EXPECT_EQ(with_header("isNativeSnapshot=\"no\"\nsomething else\nfoo=\"bar\"").extents.size(),
              1U);
}

TEST(Descriptor, RejectsWhatMayBeLeftOfAnExtent) {
    for (const char* line :
         {"R 8 SPARSE \"b.vmdk\"", "8 SPARSE \"b.vmdk\"", "SPARSE \"b.vmdk\"", "\"b.vmdk\"",
          "RX 8 ZERO", "W ZERO", "RW8 ZERO", "RX 8 SPARSE \"b=c.vmdk\"", "\"b.vmdk\" = 8"}) {
        const std::string detail =
            detail_of([&] { with_extent("RW 8 ZERO\n" + std::string{line}); });
        EXPECT_TRUE(contains(detail, "line 4: this is neither an extent nor an assignment"))
            << line;
    }
}

TEST(Descriptor, RejectsAValueWithoutAClosingQuote) {
    EXPECT_EQ(code_of([] { with_header("parentFileNameHint=\"a.vmdk"); }), VIX_E_DISK_INVALIDDISK);
    EXPECT_EQ(with_header("ddb.comment = \"open").extents.size(), 1U);
}

TEST(Descriptor, RejectsAHeaderThatStandsThereTwice) {
    EXPECT_EQ(code_of([] { with_header("CID=1\ncid=1"); }), VIX_E_DISK_INVALIDDISK);
    EXPECT_EQ(code_of([] { with_header("parentFileNameHint=\"a\"\nparentFileNameHint=\"b\""); }),
              VIX_E_DISK_INVALIDDISK);
}

TEST(Descriptor, ReadsEveryExtentType) {
    EXPECT_EQ(with_extent("RW 8 FLAT \"a\" 0").extents[0].type, ExtentType::Flat);
    EXPECT_EQ(with_extent("RW 8 SPARSE \"a\"").extents[0].type, ExtentType::Sparse);
    EXPECT_EQ(with_extent("RW 8 ZERO").extents[0].type, ExtentType::Zero);
    EXPECT_EQ(with_extent("RW 8 VMFS \"a\"").extents[0].type, ExtentType::Vmfs);
    EXPECT_EQ(with_extent("RW 8 VMFSSPARSE \"a\"").extents[0].type, ExtentType::VmfsSparse);
    EXPECT_EQ(with_extent("RW 8 SESPARSE \"a\"").extents[0].type, ExtentType::SeSparse);
    EXPECT_EQ(with_extent("RW 8 VMFSRDM \"a\"").extents[0].type, ExtentType::VmfsRdm);
    EXPECT_EQ(with_extent("RW 8 VMFSRAW \"a\"").extents[0].type, ExtentType::VmfsRaw);
}

TEST(Descriptor, ReadsEveryAccess) {
    EXPECT_EQ(with_extent("RDONLY 8 ZERO").extents[0].access, Access::ReadOnly);
    EXPECT_EQ(with_extent("NOACCESS 8 ZERO").extents[0].access, Access::None);
    EXPECT_EQ(with_extent("rw 8 zero").extents[0].access, Access::ReadWrite);
}

TEST(Descriptor, ReadsTheOffsetOfAFlatExtent) {
    EXPECT_EQ(with_extent("RW 8 FLAT \"a b.vmdk\" 63").extents[0].offset_sectors, 63U);
    EXPECT_EQ(with_extent("RW 8 FLAT \"a b.vmdk\"").extents[0].offset_sectors, 0U);
}

TEST(Descriptor, AllowsTheTwoFurtherFieldsOfADevice) {
    const Descriptor descriptor =
        with_extent(R"(RW 63 FLAT "\\.\PhysicalDrive0" 0 partitionUUID {0011})");
    EXPECT_EQ(descriptor.extents[0].name, R"(\\.\PhysicalDrive0)");
}

TEST(Descriptor, DecodesNamesInItsEncoding) {
    const Descriptor descriptor = parse(
        "version=1\nencoding=\"GBK\"\ncreateType=\"custom\"\nparentFileNameHint=\"\xCE\xBB.vmdk\"\n"
        "RW 8 FLAT \"\xCE\xBB-f001.vmdk\" 0\n",
        "x.vmdk");
    EXPECT_EQ(descriptor.extents[0].name, "位-f001.vmdk");
    EXPECT_EQ(descriptor.extents[0].name_bytes, "\xCE\xBB-f001.vmdk");
    EXPECT_EQ(descriptor.parent_hint, "位.vmdk");
    EXPECT_EQ(descriptor.parent_hint_bytes, "\xCE\xBB.vmdk");
}

TEST(Descriptor, DecodesNamesInTheEncodingOfTheDataBase) {
    EXPECT_EQ(with_extent("RW 8 FLAT \"\x83\x7C\" 0\nddb.encoding = \"Shift_JIS\"").extents[0].name,
              "ポ");
}

TEST(Descriptor, ItsOwnEncodingCountsBeforeThatOfTheDataBase) {
    EXPECT_EQ(with_extent("encoding=\"UTF-8\"\nRW 8 FLAT \"日本\" 0\nddb.encoding = \"Shift_JIS\"")
                  .extents[0]
                  .name,
              "日本");
}

TEST(Descriptor, GuessesTheEncodingOfNames) {
    EXPECT_EQ(with_extent("RW 8 FLAT \"位\" 0").extents[0].name, "位");
    EXPECT_EQ(with_extent("RW 8 FLAT \"\xE9\" 0").extents[0].name, "é");
}

TEST(Descriptor, NamesNoFileThatIsNotNamedInUtf8) {
    Descriptor descriptor = with_extent("RW 8 FLAT \"a\" 0");
    descriptor.extents[0].name = "\xE9";
    EXPECT_EQ(code_of([&] { to_text(descriptor); }), VIX_E_FILE_NAME_INVALID);
    descriptor.extents[0].name = "é";
    descriptor.parent_hint = "\xE9";
    EXPECT_EQ(code_of([&] { to_text(descriptor); }), VIX_E_FILE_NAME_INVALID);
}

TEST(Descriptor, DecodesTheDataBase) {
    const Descriptor descriptor = with_header(
        "encoding=\"windows-1252\"\nddb.comment = \"Pr\xFC"
        "f\"");
    EXPECT_EQ(descriptor.find_ddb("comment"), "Prüf");
}

TEST(Descriptor, EndsAtTheFirstNul) {
    const std::string text = kUsual + std::string(10, '\0') + "RW 8 ZERO\n";
    EXPECT_EQ(parse(text, "x.vmdk").extents.size(), 2U);
}

TEST(Descriptor, RejectsWhatIsNoDescriptor) {
    EXPECT_EQ(code_of([] { parse("", "x.vmdk"); }), VIX_E_DISK_INVALIDDISK);
    EXPECT_EQ(code_of([] { parse("root:x:0:0:", "x"); }), VIX_E_DISK_INVALIDDISK);
    EXPECT_EQ(code_of([] { parse(std::string(4096, '\0'), "x"); }), VIX_E_DISK_INVALIDDISK);
}

TEST(Descriptor, RejectsOneWithoutCreateType) {
    EXPECT_EQ(code_of([] { parse("version=1\nRW 8 ZERO\n", "x"); }), VIX_E_DISK_INVALIDDISK);
}

TEST(Descriptor, RejectsOneWithoutExtent) {
    EXPECT_EQ(code_of([] { with_extent("# none"); }), VIX_E_DISK_INVALIDDISK);
}

TEST(Descriptor, RejectsAnExtentLineWithoutSize) {
    EXPECT_EQ(code_of([] { with_extent("RW"); }), VIX_E_DISK_INVALIDDISK);
    EXPECT_EQ(code_of([] { with_extent("RW SPARSE \"a\""); }), VIX_E_DISK_INVALIDDISK);
}

TEST(Descriptor, RejectsAnExtentSizeThatIsNoNumber) {
    EXPECT_EQ(code_of([] { with_extent("RW -8 SPARSE \"a\""); }), VIX_E_DISK_INVALIDDISK);
    EXPECT_EQ(code_of([] { with_extent("RW 8x SPARSE \"a\""); }), VIX_E_DISK_INVALIDDISK);
    EXPECT_EQ(code_of([] { with_extent("RW 99999999999999999999 ZERO"); }), VIX_E_DISK_INVALIDDISK);
}

TEST(Descriptor, RejectsAnEmptyExtent) {
    EXPECT_EQ(code_of([] { with_extent("RW 0 SPARSE \"a\""); }), VIX_E_DISK_INVALIDDISK);
}

TEST(Descriptor, RejectsAnUnknownExtentType) {
    EXPECT_EQ(code_of([] { with_extent("RW 8 QCOW2 \"a\""); }), VIX_E_DISK_INVALIDDISK);
    EXPECT_EQ(code_of([] { with_extent("RW 8"); }), VIX_E_DISK_INVALIDDISK);
}

TEST(Descriptor, RejectsAnExtentWithoutAFileName) {
    EXPECT_EQ(code_of([] { with_extent("RW 8 SPARSE"); }), VIX_E_DISK_INVALIDDISK);
    EXPECT_EQ(code_of([] { with_extent("RW 8 SPARSE a.vmdk"); }), VIX_E_DISK_INVALIDDISK);
    EXPECT_EQ(code_of([] { with_extent("RW 8 SPARSE \"a.vmdk"); }), VIX_E_DISK_INVALIDDISK);
    EXPECT_EQ(code_of([] { with_extent("RW 8 SPARSE \"\""); }), VIX_E_DISK_INVALIDDISK);
    EXPECT_EQ(code_of([] { with_extent("RW 8 SPARSE \""); }), VIX_E_DISK_INVALIDDISK);
}

TEST(Descriptor, RejectsAnOffsetThatIsNoNumber) {
    EXPECT_EQ(code_of([] { with_extent("RW 8 FLAT \"a\" -1"); }), VIX_E_DISK_INVALIDDISK);
}

TEST(Descriptor, RejectsAContentIdThatIsNoNumber) {
    EXPECT_EQ(code_of([] { with_header("CID=hello"); }), VIX_E_DISK_INVALIDDISK);
    EXPECT_EQ(code_of([] { with_header("parentCID=123456789"); }), VIX_E_DISK_INVALIDDISK);
    EXPECT_EQ(code_of([] { with_header("CID="); }), VIX_E_DISK_INVALIDDISK);
}

TEST(Descriptor, RejectsAVersionThatIsNoNumber) {
    EXPECT_EQ(code_of([] { with_header("version=one"); }), VIX_E_DISK_INVALIDDISK);
}

TEST(Descriptor, RejectsASumOfExtentsAbove64Bits) {
    const Descriptor descriptor =
        with_extent("RW 18446744073709551615 ZERO\nRW 18446744073709551615 ZERO");
    EXPECT_EQ(code_of([&] { descriptor.capacity_sectors(); }), VIX_E_DISK_INVALIDDISK);
}

TEST(Descriptor, RejectsADataBaseOfThousands) {
    std::string lines;
    for (int i = 0; i < 5000; ++i) lines += "ddb.k" + std::to_string(i) + " = \"v\"\n";
    EXPECT_EQ(code_of([&] { with_header(lines); }), VIX_E_DISK_INVALIDDISK);
}

TEST(Descriptor, MessagesNameFileAndLine) {
    const std::string detail = detail_of([] { with_extent("RW x SPARSE \"a\""); });
    EXPECT_TRUE(contains(detail, "x.vmdk")) << detail;
    EXPECT_TRUE(contains(detail, "line 3")) << detail;
}

// A .vmx may name any file as its disk, so a message must not leak that file's content.
TEST(Descriptor, MessagesRepeatNothingOfTheFile) {
    const auto no_disk = [] { parse("root:SECRET:19000", "x"); };
    const auto comment = [] { parse("# SECRET\nSECRET = 1\n", "x"); };
    const auto extent = [] { with_extent("RW SECRET SECRET"); };
    const auto version = [] { with_header("version=SECRET"); };
    const auto cid = [] { with_header("CID=SECRET"); };
    EXPECT_FALSE(contains(detail_of(no_disk) + detail_of(comment) + detail_of(extent) +
                              detail_of(version) + detail_of(cid),
                          "SECRET"));
}

TEST(Descriptor, LooksLikeOne) {
    EXPECT_TRUE(looks_like_descriptor("# Disk DescriptorFile\n"));
    EXPECT_TRUE(looks_like_descriptor("\n\n  version=1\n"));
    EXPECT_FALSE(looks_like_descriptor("KDMV"));
    EXPECT_FALSE(looks_like_descriptor(""));
}

TEST(DescriptorText, IsAsVmwareWritesIt) {
    Descriptor descriptor;
    descriptor.cid = 0x1A2;
    descriptor.create_type = "monolithicFlat";
    descriptor.extents = {{Access::ReadWrite, 8, ExtentType::Flat, "a-flat.vmdk", "", 0}};
    descriptor.ddb = {{"uuid", "60 00 C2 9b"}, {"adapterType", "ide"}};
    EXPECT_EQ(to_text(descriptor),
              "# Disk DescriptorFile\n"
              "version=1\n"
              "encoding=\"UTF-8\"\n"
              "CID=000001a2\n"
              "parentCID=ffffffff\n"
              "createType=\"monolithicFlat\"\n"
              "\n"
              "# Extent description\n"
              "RW 8 FLAT \"a-flat.vmdk\" 0\n"
              "\n"
              "# The Disk Data Base \n"
              "#DDB\n"
              "\n"
              "ddb.adapterType = \"ide\"\n"
              "ddb.uuid = \"60 00 C2 9b\"\n");
}

TEST(DescriptorText, NamesAParent) {
    Descriptor descriptor = parse(kUsual, "x");
    descriptor.parent_cid = 0xABC;
    descriptor.parent_hint = "base.vmdk";
    EXPECT_TRUE(contains(to_text(descriptor),
                         "parentCID=00000abc\ncreateType=\"twoGbMaxExtentSparse\"\n"
                         "parentFileNameHint=\"base.vmdk\"\n"));
}

TEST(DescriptorText, NamesOneEncodingAlone) {
    const std::string text =
        to_text(with_extent("RW 8 FLAT \"\x83\x7C\" 0\nddb.encoding = \"Shift_JIS\""));
    EXPECT_TRUE(contains(text, "encoding=\"UTF-8\"\n"));
    EXPECT_FALSE(contains(text, "Shift_JIS"));
    EXPECT_EQ(parse(text, "x").extents[0].name, "ポ");
}

TEST(DescriptorText, OffsetsStandAtFlatExtentsAlone) {
    EXPECT_TRUE(contains(to_text(with_extent("RW 8 SPARSE \"a\"")), "RW 8 SPARSE \"a\"\n"));
    EXPECT_TRUE(contains(to_text(with_extent("RW 8 VMFS \"a\" 5")), "RW 8 VMFS \"a\" 5\n"));
    EXPECT_TRUE(contains(to_text(with_extent("RDONLY 8 ZERO")), "RDONLY 8 ZERO\n"));
}

std::vector<std::string> texts_of(std::vector<std::string> disks) {
    std::erase_if(disks, [](const auto& path) { return std::ifstream{path}.get() != '#'; });
    return disks;
}

// The samples, and the real files if there are any.
class DescriptorOfFile : public ::testing::TestWithParam<std::string> {};

TEST_P(DescriptorOfFile, IsReadAndKeepsItsMeaningWhenWritten) {
    const Descriptor descriptor = parse(read_file(GetParam()), "x");
    EXPECT_TRUE(testing::can_be_written(descriptor));
    EXPECT_GT(descriptor.capacity_sectors(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Sample, DescriptorOfFile,
                         ::testing::ValuesIn(texts_of(testing::sample_files(".vmdk"))));
INSTANTIATE_TEST_SUITE_P(Real, DescriptorOfFile,
                         ::testing::ValuesIn(texts_of(testing::real_files(".vmdk"))));

TEST(DescriptorOfSample, OneWithoutContentId) {
    const auto descriptor = parse(read_file(sample_file("win-1251-no-cid/vm.vmdk")), "vm.vmdk");
    EXPECT_EQ(descriptor.cid, std::nullopt);
    EXPECT_EQ(descriptor.create_type, "twoGbMaxExtentFlat");
}

TEST(DescriptorOfSample, AGrownDiskWithAShortExtentWithin) {
    const auto descriptor = parse(read_file(sample_file("broken-quotes/Reception PC.vmdk")), "x");
    ASSERT_EQ(descriptor.extents.size(), 9U);
    EXPECT_LT(descriptor.extents[5].sectors, descriptor.extents[4].sectors);
    EXPECT_EQ(descriptor.extents[6].sectors, descriptor.extents[4].sectors);
}

TEST(DescriptorOfSample, AGbkNameDecoded) {
    const auto descriptor = parse(read_file(sample_file("gbk-running/vm.vmdk")), "vm.vmdk");
    EXPECT_EQ(descriptor.extents[0].name, "Depot 7 楼-s001.vmdk");
}

TEST(DescriptorOfSample, AnEsxChild) {
    const auto descriptor = parse(read_file(sample_file("esx-delta/thick-000001.vmdk")), "x");
    const auto base = parse(read_file(sample_file("esx-delta/thick.vmdk")), "x");
    EXPECT_EQ(descriptor.parent_hint, "thick.vmdk");
    EXPECT_EQ(descriptor.parent_cid, base.cid);
    EXPECT_EQ(descriptor.extents[0].type, ExtentType::VmfsSparse);
}

}  // namespace
}  // namespace vix::format::vmdk
