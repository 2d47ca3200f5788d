#include "format/vmsn.h"

#include <gtest/gtest.h>

#include "testing/disks/image.h"
#include "testing/disks/round_trip.h"
#include "testing/disks/samples.h"
#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"

namespace vix::format {
namespace {

using testing::code_of;
using testing::get32;
using testing::get64;
using testing::TempFolder;

constexpr std::size_t kGroup = 12;   // offset of the first group's entry
constexpr std::size_t kValues = 92;  // offset of its values

const VmsnContent kContent{"displayName = \"x\"\n", std::string("MRVN\0\0nv", 8), "<Foundry/>"};

VmsnContent read_only(const std::string& bytes) {
    const TempFolder folder;
    return read_vmsn(io::File::open(folder.write("x.vmsn", bytes)));
}

VmsnContent read(const std::string& bytes) {
    const VmsnContent content = read_only(bytes);
    EXPECT_EQ(testing::lost_by_writing(content, read_only), "");
    return content;
}

// A value in VMware's form: length of the name, no indices, size of the value.
std::string small_value(const std::string& name, const std::string& value) {
    std::string bytes;
    testing::put16(bytes, 0, name.size() << 8 | value.size());
    return bytes + name + value;
}

std::string with_values(const std::string& values) {
    std::string bytes = to_vmsn(kContent);
    bytes.insert(kValues, values);
    testing::put64(bytes, kGroup + 72, get64(bytes, kGroup + 72) + values.size());
    return bytes;
}

TEST(Vmsn, GivesBackWhatWasWritten) {
    const VmsnContent content = read(to_vmsn(kContent));
    EXPECT_EQ(content.config, kContent.config);
    EXPECT_EQ(content.nvram, kContent.nvram);
    EXPECT_EQ(content.extended_config, kContent.extended_config);
}

TEST(Vmsn, GivesBackAMachineWithoutNvram) {
    const std::string bytes = to_vmsn({"a = \"b\"\n", "", ""});
    EXPECT_EQ(bytes.find("nvramFile"), std::string::npos);
    EXPECT_EQ(read(bytes).nvram, "");
    EXPECT_EQ(read(bytes).config, "a = \"b\"\n");
}

TEST(Vmsn, BeginsAsVMwareWritesIt) {
    const std::string bytes = to_vmsn(kContent);
    EXPECT_EQ(get32(bytes, 0), 0xBED2BED2U);
    EXPECT_EQ(get32(bytes, 4), 8U);
    EXPECT_EQ(get32(bytes, 8), 1U);
    EXPECT_EQ(bytes.substr(kGroup, 9), std::string("Snapshot\0", 9));
    EXPECT_EQ(get64(bytes, kGroup + 64), kValues);
    EXPECT_EQ(get64(bytes, kGroup + 72), bytes.size() - kValues - 2);
    EXPECT_EQ(bytes.substr(kValues, 9),
              "\x3F\x07"
              "cfgFile");
}

TEST(Vmsn, ReadsOneAsFusionWritesIt) {
    const auto path = testing::sample_file("fusion-parent/Old Office PC-Snapshot3.vmsn");
    const VmsnContent content = read(testing::read_file(path));
    EXPECT_NE(content.config.find("displayName = \"Old Office PC\""), std::string::npos);
    EXPECT_EQ(content.config.find('\0'), std::string::npos);
    EXPECT_EQ(content.nvram.substr(0, 4), "MRVN");
    EXPECT_NE(content.extended_config.find("<Foundry>"), std::string::npos);
}

TEST(Vmsn, EverySampleKeepsItsContentWhenWritten) {
    const auto files = testing::sample_files(".vmsn");
    EXPECT_FALSE(files.empty());
    for (const auto& file : files) {
        SCOPED_TRACE(file);
        EXPECT_NE(read(testing::read_file(file)).config, "");
    }
}

TEST(Vmsn, ReadsTheRealOnes) {
    const auto files = testing::real_files(".vmsn");
    if (files.empty()) GTEST_SKIP() << testing::no_real_file("*.vmsn");
    for (const auto& file : files) {
        const VmsnContent content = read(testing::read_file(file));
        EXPECT_NE(content.config.find("displayName = \""), std::string::npos) << file;
        EXPECT_EQ(content.config.find('\0'), std::string::npos) << file;
        EXPECT_EQ(content.nvram.substr(0, 4), "MRVN") << file;
    }
}

TEST(Vmsn, PassesOverWhatItDoesNotKnow) {
    const VmsnContent content = read(with_values(small_value("numDisks", {1, 0, 0, 0})));
    EXPECT_EQ(content.config, kContent.config);
    EXPECT_EQ(content.nvram, kContent.nvram);
}

TEST(Vmsn, RefusesABlockThatIsCompressed) {
    std::string bytes = to_vmsn(kContent);
    bytes[kValues] = 62;
    EXPECT_EQ(code_of([&] { read(bytes); }), VIX_E_SNAPSHOT_DUMPER);
}

TEST(Vmsn, RefusesWhatIsNone) {
    EXPECT_EQ(code_of([] { read("not a state"); }), VIX_E_SNAPSHOT_DUMPER);
    EXPECT_EQ(code_of([] { read(std::string(4096, '\0')); }), VIX_E_SNAPSHOT_DUMPER);
}

TEST(Vmsn, RefusesOneWithoutTheGroup) {
    std::string bytes = to_vmsn(kContent);
    bytes[kGroup] = 's';
    EXPECT_EQ(code_of([&] { read(bytes); }), VIX_E_SNAPSHOT_DUMPER);
}

TEST(Vmsn, RefusesAGroupThatLiesOutside) {
    std::string bytes = to_vmsn(kContent);
    testing::put64(bytes, kGroup + 64, ~std::uint64_t{0} - 4);
    EXPECT_EQ(code_of([&] { read(bytes); }), VIX_E_SNAPSHOT_DUMPER);
}

TEST(Vmsn, RefusesABlockThatIsLongerThanTheGroup) {
    std::string bytes = to_vmsn(kContent);
    testing::put64(bytes, kValues + 9, std::uint64_t{1} << 62);
    EXPECT_EQ(code_of([&] { read(bytes); }), VIX_E_SNAPSHOT_DUMPER);
}

class CutVmsn : public ::testing::TestWithParam<std::size_t> {};

// Cutting the last two bytes, behind the group, would change nothing.
INSTANTIATE_TEST_SUITE_P(To, CutVmsn, ::testing::Values(0, 11, 13, 91, 93, 100, 110, 200, 9000));

TEST_P(CutVmsn, IsRefused) {
    EXPECT_EQ(code_of([] { read(to_vmsn(kContent).substr(0, GetParam())); }),
              VIX_E_SNAPSHOT_DUMPER);
}

}  // namespace
}  // namespace vix::format
