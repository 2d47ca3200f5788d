#include "io/files/sync.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "testing/process/failure.h"
#include "testing/process/system_calls.h"
#include "testing/process/temp_folder.h"

namespace vix::io {
namespace {

using testing::code_of;
using testing::detail_of;
using testing::TempFolder;
namespace fs = boost::filesystem;

// The recorded calls in alphabetical order, because several threads make them.
std::vector<std::string> sorted(const testing::SyncRecord& record) {
    auto calls = record.calls();
    std::sort(calls.begin(), calls.end());
    return calls;
}

TEST(SyncQueue, SyncsFilesAndFoldersInSeveralParts) {
    const TempFolder folder;
    const auto a = folder.write("a", "x");
    const auto b = folder.write("b", "x");
    const testing::SyncRecord record;
    SyncQueue queue;
    queue.add({a, folder.path()});
    queue.add({b});
    queue.finish({a});
    const std::string sync = "sync " + folder.path().string();
    const std::vector<std::string> all{sync, sync + "/a", sync + "/a", sync + "/b"};
    EXPECT_EQ(sorted(record), all);
    queue.finish();
    EXPECT_EQ(sorted(record), all);
}

TEST(SyncQueue, TakesMoreThanMayBeOpenAtATime) {
    const TempFolder folder;
    const std::vector<fs::path> paths(5000, folder.write("a", "x"));
    const testing::SyncRecord record;
    SyncQueue queue;
    queue.add(paths);
    queue.finish();
    EXPECT_EQ(record.calls().size(), paths.size());
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

TEST(SyncQueue, OfAFileThatIsMissingFails) {
    const TempFolder folder;
    SyncQueue queue;
    queue.add({folder.write("a", "x")});
    EXPECT_EQ(code_of([&] { queue.add({folder / "none"}); }), VIX_E_FILE_NOT_FOUND);
}

}  // namespace
}  // namespace vix::io
