#include "power/disks/disk_verdict.h"

#include <gtest/gtest.h>

#include "testing/machines/machines.h"
#include "testing/process/failure.h"

namespace vix::power {
namespace {

// A link with one sparse extent without peculiarities.
LinkFacts usual(bool embedded) {
    testing::DescriptorText text;
    text.create_type = embedded ? "monolithicSparse" : "twoGbMaxExtentSparse";
    text.extents = {"RW 1024 SPARSE \"a.vmdk\""};
    LinkFacts link;
    link.path = "/vm/a.vmdk";
    link.embedded = embedded;
    link.text = text.text();
    link.descriptor = format::vmdk::parse_descriptor(link.text, link.path);
    if (embedded) link.text.resize(10240, '\0');
    ExtentFacts extent;
    extent.line = link.descriptor.extents[0];
    extent.grains = GrainFacts{};
    extent.grains->capacity_sectors = 1024;
    extent.grains->grain_sectors = 128;
    extent.grains->entries_per_table = 512;
    extent.grains->descriptor = 1;
    extent.grains->first_used = 21;
    link.extents = {extent};
    return link;
}

std::string refusal_of(const LinkFacts& link, QemuUse use) {
    const auto refusal = judge(link, use).refusal;
    return refusal ? refusal->detail() : "";
}

TEST(DiskVerdict, AllowsTheUsual) {
    for (const bool embedded : {true, false}) {
        const DiskVerdict verdict = judge(usual(embedded), QemuUse::Write);
        EXPECT_FALSE(verdict.refusal);
        EXPECT_FALSE(verdict.mending.needed());
        EXPECT_FALSE(verdict.long_descriptor);
        EXPECT_EQ(refusal_of(usual(embedded), QemuUse::Read), "");
    }
}

TEST(DiskVerdict, RefusesTablesWhereQemuWritesTheDescriptor) {
    LinkFacts link = usual(true);
    link.extents[0].grains->first_used = 20;
    EXPECT_TRUE(testing::contains(refusal_of(link, QemuUse::Write), "take a snapshot"));
    EXPECT_EQ(refusal_of(link, QemuUse::Read), "");
    link.embedded = false;
    link.descriptor.create_type = "x";
    EXPECT_NE(refusal_of(link, QemuUse::Read), "");
}

TEST(DiskVerdict, RefusesADescriptorAtAnotherPlace) {
    LinkFacts link = usual(true);
    link.extents[0].grains->descriptor = 2;
    EXPECT_NE(refusal_of(link, QemuUse::Read), "");
}

TEST(DiskVerdict, RefusesAnExtentThatQemuWouldLookForElsewhere) {
    LinkFacts link = usual(false);
    link.extents[0].where_qemu_looks = false;
    EXPECT_NE(refusal_of(link, QemuUse::Read), "");
    EXPECT_NE(refusal_of(link, QemuUse::Write), "");
}

TEST(DiskVerdict, RefusesAFooterInADiskOfSeveralFiles) {
    LinkFacts link = usual(false);
    link.extents[0].grains->footer = true;
    EXPECT_NE(refusal_of(link, QemuUse::Read), "");
}

TEST(DiskVerdict, RefusesToWriteWhatMayOnlyBeRead) {
    LinkFacts link = usual(true);
    link.extents[0].line.access = format::vmdk::Access::ReadOnly;
    EXPECT_NE(refusal_of(link, QemuUse::Write), "");
    EXPECT_EQ(refusal_of(link, QemuUse::Read), "");
    link.extents[0].line.access = format::vmdk::Access::None;
    EXPECT_NE(refusal_of(link, QemuUse::Read), "");
}

TEST(DiskVerdict, RefusesPartsThatLieOnEachOther) {
    LinkFacts link = usual(true);
    link.extents[0].grains->overlap = "two of its tables overlap";
    EXPECT_EQ(judge(link, QemuUse::Write).refusal->code(), VIX_E_DISK_NEEDSREPAIR);
    EXPECT_EQ(refusal_of(link, QemuUse::Read), "");
}

TEST(DiskVerdict, RefusesAFileThatEndsBeforeItsGrains) {
    LinkFacts link = usual(true);
    link.extents[0].grains->whole = false;
    EXPECT_EQ(judge(link, QemuUse::Read).refusal->code(), VIX_E_DISK_NEEDSREPAIR);
}

TEST(DiskVerdict, LetsTablesBeMended) {
    LinkFacts link = usual(true);
    link.extents[0].grains->tables_missing = true;
    EXPECT_EQ(judge(link, QemuUse::Write).mending.extents, std::vector<std::size_t>{0});
    EXPECT_FALSE(judge(link, QemuUse::Read).mending.needed());
}

TEST(DiskVerdict, NeverRewritesADescriptorThatNamesOtherBytes) {
    LinkFacts link = usual(false);
    link.text.replace(link.text.find("CID=11111111"), 12, "CID = 1");
    link.descriptor.cid = 1;
    EXPECT_TRUE(judge(link, QemuUse::Write).mending.descriptor);
    link.extents[0].line.name_bytes = "\xb0.vmdk";  // the same name in another encoding
    EXPECT_NE(refusal_of(link, QemuUse::Write), "");
}

}  // namespace
}  // namespace vix::power
