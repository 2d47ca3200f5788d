#include "io/sync.h"

#include <gtest/gtest.h>

#include "testing/failure.h"
#include "testing/system_calls.h"
#include "testing/temp_folder.h"

namespace vix::io {
namespace {

using testing::code_of;
using testing::detail_of;
using testing::TempFolder;
namespace fs = boost::filesystem;

TEST(SyncQueue, TakesFilesAndFoldersInSeveralParts) {
    const TempFolder folder;
    const auto a = folder.write("a", "x");
    const auto b = folder.write("b", "x");
    SyncQueue queue;
    queue.add({a, folder.path()});
    queue.add({b});
    EXPECT_EQ(code_of([&] { queue.finish({a}); }), VIX_OK);
    EXPECT_EQ(code_of([&] { queue.finish(); }), VIX_OK);
}

TEST(SyncQueue, TakesMoreThanMayBeOpenAtATime) {
    const TempFolder folder;
    const std::vector<fs::path> paths(5000, folder.write("a", "x"));
    SyncQueue queue;
    EXPECT_EQ(code_of([&] { queue.add(paths); }), VIX_OK);
    EXPECT_EQ(code_of([&] { queue.finish(); }), VIX_OK);
}

TEST(SyncQueue, AFailureBehindTheCallersBackIsToldAtTheEnd) {
    const TempFolder folder;
    const auto a = folder.write("a", "x");
    SyncQueue queue;
    testing::arm(testing::Fault::Error, 0);
    queue.add({a});
    const std::string detail = detail_of([&] { queue.finish(); });
    EXPECT_TRUE(testing::disarm());
    EXPECT_TRUE(testing::contains(detail, "syncing " + a.string())) << detail;
}

TEST(SyncQueue, ThatIsGivenUpLeavesTheRestAlone) {
    const TempFolder folder;
    SyncQueue queue;
    queue.add({folder.write("a", "x")});
    EXPECT_EQ(code_of([&] { queue.add({folder / "none"}); }), VIX_E_FILE_NOT_FOUND);
}

}  // namespace
}  // namespace vix::io
