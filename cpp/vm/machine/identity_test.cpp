#include "vm/machine/identity.h"

#include <gtest/gtest.h>

#include <regex>

#include "base/text.h"

namespace vix::vm {
namespace {

bool matches(const std::string& text, const std::string& pattern) {
    return std::regex_match(text, std::regex{pattern});
}

TEST(Identity, ContentIdIsTheEndOfTheLongOne) {
    const ContentId id = new_content_id();
    EXPECT_TRUE(matches(id.long_id, "[0-9a-f]{32}")) << id.long_id;
    EXPECT_EQ(parse_hex32(id.long_id.substr(24)), id.cid);
}

TEST(Identity, ContentIdHasNoneOfTheValuesWithAMeaning) {
    const ContentId id = new_content_id();
    EXPECT_NE(id.cid, 0U);
    EXPECT_LT(id.cid, 0xFFFFFFFEU);
}

TEST(Identity, DiskUuidIsInVmwaresForm) {
    EXPECT_TRUE(matches(new_disk_uuid(),
                        "60 00 C2 9[0-9a-f]( [0-9a-f]{2}){4}-[0-9a-f]{2}( "
                        "[0-9a-f]{2}){7}"))
        << new_disk_uuid();
}

TEST(Identity, VmIdIsInVmwaresForm) {
    EXPECT_TRUE(matches(new_vm_id(), "52( [0-9a-f]{2}){7}-[0-9a-f]{2}( [0-9a-f]{2}){7}"))
        << new_vm_id();
}

TEST(Identity, GenerationIdIsASignedNumber) {
    EXPECT_TRUE(matches(new_generation_id(), "-?[0-9]{1,19}")) << new_generation_id();
}

TEST(Identity, EachIsNew) {
    EXPECT_NE(new_content_id().long_id, new_content_id().long_id);
    EXPECT_NE(new_disk_uuid(), new_disk_uuid());
    EXPECT_NE(new_vm_id(), new_vm_id());
    EXPECT_NE(new_generation_id(), new_generation_id());
}

}  // namespace
}  // namespace vix::vm
