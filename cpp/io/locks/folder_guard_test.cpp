#include "io/locks/folder_guard.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/error.h"
#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"

namespace vix::io {
namespace {

namespace fs = boost::filesystem;
using std::chrono::milliseconds;
using testing::code_of;
using testing::TempFolder;

// Cancels when it is asked the second time.
class SoonCancelled : public Progress {
  public:
    void add(std::uint64_t) override {
        if (++asked_ == 2) throw Error{VIX_E_CANCELLED, "cancelled"};
    }

  private:
    int asked_ = 0;
};

ErrorCode outcome(const TempFolder& folder, LockKind kind, const Patience& patience) {
    return code_of([&] {
        const FolderGuard guard{folder.path(), kind, patience, folder / "fallback"};
    });
}

TEST(FolderGuard, SharesWithOthersWhoShare) {
    const TempFolder folder;
    const FolderGuard guard{folder.path(), LockKind::Shared, {}, folder / "fallback"};
    EXPECT_EQ(outcome(folder, LockKind::Shared, {}), VIX_OK);
    EXPECT_EQ(outcome(folder, LockKind::Exclusive, {}), VIX_E_FILE_ALREADY_LOCKED);
}

TEST(FolderGuard, WaitsAsLongAsItsPatience) {
    const TempFolder folder;
    const FolderGuard guard{folder.path(), LockKind::Exclusive, {}, folder / "fallback"};
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(outcome(folder, LockKind::Shared, milliseconds{20}), VIX_E_FILE_ALREADY_LOCKED);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds{20});
}

TEST(FolderGuard, WaitsNoLongerOnceItIsCancelled) {
    const TempFolder folder;
    const FolderGuard guard{folder.path(), LockKind::Exclusive, {}, folder / "fallback"};
    SoonCancelled waiting;
    EXPECT_EQ(outcome(folder, LockKind::Shared, {std::chrono::hours{1}, &waiting}),
              VIX_E_CANCELLED);
    EXPECT_EQ(testing::names_in(folder.path()), "");
}

TEST(FolderGuard, LeavesTheLockFreeAfterAWaitThatWasCancelled) {
    const TempFolder folder;
    {
        const FolderGuard guard{folder.path(), LockKind::Exclusive, {}, folder / "fallback"};
        SoonCancelled waiting;
        outcome(folder, LockKind::Exclusive, {std::chrono::hours{1}, &waiting});
    }
    EXPECT_EQ(outcome(folder, LockKind::Exclusive, {}), VIX_OK);
}

TEST(Lock, WaitsNoLongerOnceItIsCancelled) {
    const TempFolder folder;
    const fs::path file = folder / "a.vmx";
    {
        const Lock lock{file, LockKind::Exclusive};
        SoonCancelled waiting;
        const auto wait = [&] {
            const Lock other{file, LockKind::Exclusive, {std::chrono::hours{1}, &waiting}};
        };
        EXPECT_EQ(code_of(wait), VIX_E_CANCELLED);
    }
    EXPECT_EQ(testing::names_in(folder.path()), "");
}

}  // namespace
}  // namespace vix::io
