#include "io/files/replacement.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "testing/process/failure.h"
#include "testing/process/system_calls.h"
#include "testing/process/temp_folder.h"

namespace vix::io {
namespace {

using testing::code_of;
using testing::names_in;
using testing::read_file;
using testing::TempFolder;

TEST(Replacement, IsNotSeenBeforeItIsCommitted) {
    const TempFolder folder;
    const fs::path path = folder.write("a.vmx", "old");
    Replacement replacement{path, "new"};
    EXPECT_EQ(read_file(path), "old");
    replacement.commit(Durability::Unsynced);
    EXPECT_EQ(read_file(path), "new");
    EXPECT_EQ(names_in(folder.path()), "a.vmx");
}

TEST(Replacement, LeavesNothingWhenItIsNotCommitted) {
    const TempFolder folder;
    const fs::path path = folder.write("a.vmx", "old");
    { const Replacement replacement{path, "new"}; }
    EXPECT_EQ(read_file(path), "old");
    EXPECT_EQ(names_in(folder.path()), "a.vmx");
}

TEST(Replacement, KeepsWhoMayReadTheFile) {
    const TempFolder folder;
    const fs::path path = folder.write("a.vmx", "old");
    chmod(path.c_str(), 0640);
    replace_file(path, "new", Durability::Unsynced, 0600);
    EXPECT_EQ(permissions_of(path), 0640U);
}

TEST(Replacement, TakesThePlaceOfOneThatADeadProcessLeft) {
    const TempFolder folder;
    const fs::path path = folder.write("a.vmx", "old");
    folder.write("a.vmx.vix-new", "half");
    replace_file(path, "new", Durability::Unsynced);
    EXPECT_EQ(read_file(path), "new");
    EXPECT_EQ(names_in(folder.path()), "a.vmx");
}

TEST(UndoableReplacement, IsUndoneUnlessKept) {
    const TempFolder folder;
    const fs::path path = folder.write("a.vmx", "old");
    const auto before = identity_of(path);
    {
        UndoableReplacement replacement{path, "new"};
        replacement.commit(Durability::Unsynced);
        EXPECT_EQ(read_file(path), "new");
    }
    EXPECT_EQ(read_file(path), "old");
    EXPECT_TRUE(identity_of(path) == before);  // the old file itself, which needs no new space
    EXPECT_EQ(names_in(folder.path()), "a.vmx");
}

TEST(UndoableReplacement, StaysWhenKept) {
    const TempFolder folder;
    const fs::path path = folder.write("a.vmx", "old");
    {
        UndoableReplacement replacement{path, "new"};
        replacement.commit(Durability::Unsynced);
        replacement.keep();
    }
    EXPECT_EQ(read_file(path), "new");
    EXPECT_EQ(names_in(folder.path()), "a.vmx");
}

// The calls that change names here are the link and the rename.
class FailingReplacement : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(At, FailingReplacement, ::testing::Values(0, 1));

TEST_P(FailingReplacement, LeavesTheOldFile) {
    const TempFolder folder;
    const fs::path path = folder.write("a.vmx", "old");
    EXPECT_EQ(code_of([&] {
                  UndoableReplacement replacement{path, "new"};
                  testing::arm(testing::Fault::Error, GetParam() + 1);  // after an unlink
                  replacement.commit(Durability::Unsynced);
              }),
              VIX_E_FILE_ERROR);
    EXPECT_TRUE(testing::disarm());
    EXPECT_EQ(read_file(path), "old");
    EXPECT_EQ(names_in(folder.path()), "a.vmx");
}

TEST(Replacement, OfContentThatIsLostAtClosingIsNotMade) {
    const TempFolder folder;
    const fs::path path = folder.write("a.vmx", "old");
    const testing::Refusal refusal{testing::Call::Close, "a.vmx"};
    EXPECT_EQ(code_of([&] { replace_file(path, "new", Durability::Unsynced); }), VIX_E_DISK_FULL);
    EXPECT_EQ(read_file(path), "old");
    EXPECT_EQ(names_in(folder.path()), "a.vmx");
}

}  // namespace
}  // namespace vix::io
