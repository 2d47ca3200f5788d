#include "io/files/transfer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <memory>

#include "base/error.h"
#include "testing/disks/alike.h"
#include "testing/disks/image.h"
#include "testing/process/failure.h"
#include "testing/process/system_calls.h"
#include "testing/process/temp_folder.h"
#include "testing/process/waiting.h"

namespace vix::io {
namespace {

using testing::alike;
using testing::code_of;
using testing::detail_of;
using testing::read_file;
using testing::TempFolder;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

std::shared_ptr<const File> source_file(const TempFolder& folder, const std::string& bytes) {
    return std::make_shared<File>(File::open(folder.write("source", bytes)));
}

std::shared_ptr<File> target_file(const TempFolder& folder) {
    return std::make_shared<File>(File::create(folder / "target", 0600));
}

std::uint64_t bytes_on_disk(const File& file) {
    struct stat status {};
    EXPECT_EQ(fstat(file.descriptor(), &status), 0);
    return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

void copy_whole(const std::shared_ptr<const File>& source, const std::shared_ptr<File>& target) {
    Progress progress;
    Transfer transfer{progress, Durability::Unsynced};
    transfer.copy_whole(source, target);
    transfer.finish();
}

class CountingProgress : public Progress {
  public:
    void add(std::uint64_t bytes) override { sum_ += bytes; }
    std::uint64_t sum() const { return sum_; }

  private:
    std::atomic<std::uint64_t> sum_ = 0;
};

class CancellingProgress : public Progress {
  public:
    void add(std::uint64_t) override { throw Error{VIX_E_CANCELLED, "enough"}; }
};

TEST(Transfer, CopiesAWholeFile) {
    const TempFolder folder;
    const std::string bytes = testing::content('x', 0, 5000) + "and an odd tail";
    const auto target = target_file(folder);
    copy_whole(source_file(folder, bytes), target);
    EXPECT_TRUE(alike(read_file(folder / "target"), bytes));
}

TEST(Transfer, CopiesAnEmptyFile) {
    const TempFolder folder;
    Progress progress;
    Transfer transfer{progress, Durability::Unsynced};
    transfer.copy_whole(source_file(folder, ""), target_file(folder));
    transfer.finish();
    EXPECT_TRUE(alike(read_file(folder / "target"), ""));
}

TEST(Transfer, CopiesStretchesOfAnyOffsetAndLength) {
    const TempFolder folder;
    const std::string bytes = testing::content('x', 0, 6000);
    const auto target = target_file(folder);
    Progress progress;
    Transfer transfer{progress, Durability::Unsynced};
    transfer.copy(source_file(folder, bytes), 777, target, 333, 2 * kMiB + 5);
    transfer.finish();
    EXPECT_TRUE(alike(read_file(folder / "target"),
                      std::string(333, '\0') + bytes.substr(777, 2 * kMiB + 5)));
}

TEST(Transfer, ManyStretchesKeepTheirPlaces) {
    const TempFolder folder;
    const std::string bytes = testing::content('x', 0, 1000);
    const auto source = source_file(folder, bytes);
    const auto target = target_file(folder);
    std::string expected(bytes.size(), '\0');
    Progress progress;
    Transfer transfer{progress, Durability::Unsynced};
    for (std::uint64_t i = 0; i < 1000; ++i) {
        transfer.copy(source, i * 512, target, (999 - i) * 512, 512);
        expected.replace((999 - i) * 512, 512, bytes, i * 512, 512);
    }
    transfer.finish();
    EXPECT_TRUE(alike(read_file(folder / "target"), expected));
}

TEST(Transfer, HolesStayHoles) {
    const TempFolder folder;
    File sparse = File::create(folder / "sparse", 0600);
    sparse.resize(64 * kMiB);
    sparse.write_at(32 * kMiB, as_bytes(testing::content('x', 0, 8)));
    const auto target = target_file(folder);
    Progress progress;
    Transfer transfer{progress, Durability::Unsynced};
    transfer.copy_whole(std::make_shared<File>(std::move(sparse)), target);
    transfer.finish();
    EXPECT_EQ(target->size(), 64 * kMiB);
    EXPECT_EQ(target->next_data(0), 32 * kMiB);
    EXPECT_LT(bytes_on_disk(*target), kMiB);
}

TEST(Transfer, BlocksOfZerosBecomeHoles) {
    const TempFolder folder;
    const std::string bytes =
        std::string(2 * kMiB, '\0') + testing::content('x', 0, 128) + std::string(2 * kMiB, '\0');
    const auto target = target_file(folder);
    copy_whole(source_file(folder, bytes), target);
    EXPECT_TRUE(alike(read_file(folder / "target"), bytes));
    EXPECT_LT(bytes_on_disk(*target), kMiB);
}

// Five MiB at an odd offset, with zeros that nobody needs to see.
TEST(Transfer, CopiesZerosThatMayBeWritten) {
    const TempFolder folder;
    const std::string bytes = testing::content('x', 0, 6000) + std::string(2 * kMiB, '\0') +
                              testing::content('y', 0, 100);
    const auto target = target_file(folder);
    CountingProgress progress;
    Transfer transfer{progress, Durability::Synced};
    transfer.copy(source_file(folder, bytes), 513, target, 4096, bytes.size() - 513,
                  Blocks::NotReserved, Zeros::MayBeWritten);
    transfer.finish();
    EXPECT_TRUE(alike(read_file(folder / "target"), std::string(4096, '\0') + bytes.substr(513)));
    EXPECT_EQ(progress.sum(), bytes.size() - 513);
}

TEST(Transfer, ReadsAndWritesWhereTheHostDoesNotCopy) {
    const TempFolder folder;
    const std::string bytes = testing::content('x', 0, 9000);
    const auto source = source_file(folder, bytes);
    const auto target = target_file(folder);
    Progress progress;
    Transfer transfer{progress, Durability::Unsynced};
    testing::arm(testing::Fault::Error, 0);
    transfer.copy(source, 0, target, 0, bytes.size(), Blocks::NotReserved, Zeros::MayBeWritten);
    transfer.finish();
    EXPECT_TRUE(testing::disarm());
    EXPECT_TRUE(alike(read_file(folder / "target"), bytes));
}

TEST(Transfer, RunsEveryTaskWithAThreadForEachCore) {
    std::atomic<int> ran = 0;
    Progress progress;
    Transfer transfer{progress, Durability::Unsynced};
    transfer.post([&](std::span<std::byte>) { ++ran; });
    transfer.use_all_cores();
    for (int i = 0; i < 500; ++i) transfer.post([&](std::span<std::byte>) { ++ran; });
    transfer.finish();
    EXPECT_EQ(ran, 501);
}

TEST(Transfer, WritesWhatIsNotZeroWhereItBelongs) {
    const TempFolder folder;
    const auto target = target_file(folder);
    target->resize(kMiB);
    std::string bytes(3 * 65536 + 100, '\0');
    bytes[65536 + 1] = 'a';
    bytes.back() = 'z';
    write_unless_zero(*target, 512, as_bytes(bytes));
    const std::string written = read_file(folder / "target");
    EXPECT_EQ(written.substr(512, bytes.size()), bytes);
    EXPECT_EQ(target->next_data(0).value_or(0) / 4096, (512 + 65536) / 4096U);
}

TEST(Transfer, ProgressSumsUpToAllThatWasAsked) {
    const TempFolder folder;
    const std::string bytes = std::string(3 * kMiB, '\0') + testing::content('x', 0, 999);
    CountingProgress progress;
    Transfer transfer{progress, Durability::Unsynced};
    transfer.copy(source_file(folder, bytes), 100, target_file(folder), 0, 3 * kMiB + 1234);
    transfer.finish();
    EXPECT_EQ(progress.sum(), 3 * kMiB + 1234);
}

TEST(Transfer, FailureInAWorkerReachesFinish) {
    const TempFolder folder;
    const auto source = source_file(folder, testing::content('x', 0, 16));
    const auto read_only = std::make_shared<File>(File::open(folder.write("target", "")));
    Progress progress;
    Transfer transfer{progress, Durability::Unsynced};
    transfer.copy(source, 0, read_only, 0, 8192);
    EXPECT_EQ(code_of([&] { transfer.finish(); }), VIX_E_FILE_ERROR);
    EXPECT_TRUE(testing::contains(detail_of([&] { transfer.finish(); }), "/target"));
}

TEST(Transfer, FirstOfSeveralFailuresIsReported) {
    Progress progress;
    Transfer transfer{progress, Durability::Unsynced};
    transfer.post([](std::span<std::byte>) { throw Error{VIX_E_DISK_FULL, "first"}; });
    EXPECT_EQ(detail_of([&] { transfer.finish(); }), "first");
    EXPECT_EQ(detail_of([&] { transfer.finish(); }), "first");
}

TEST(Transfer, WorkAfterAFailureIsRefused) {
    Progress progress;
    Transfer transfer{progress, Durability::Unsynced};
    transfer.post([](std::span<std::byte>) { throw Error{VIX_E_DISK_FULL, "full"}; });
    EXPECT_EQ(code_of([&] { transfer.finish(); }), VIX_E_DISK_FULL);
    EXPECT_EQ(code_of([&] { transfer.post([](std::span<std::byte>) {}); }), VIX_E_DISK_FULL);
}

TEST(Transfer, AThrowingProgressStopsIt) {
    const TempFolder folder;
    CancellingProgress progress;
    Transfer transfer{progress, Durability::Unsynced};
    const auto source = source_file(folder, testing::content('x', 0, 8192));
    EXPECT_EQ(code_of([&] { transfer.copy_whole(source, target_file(folder)); }), VIX_E_CANCELLED);
}

TEST(Transfer, EndingItDropsWorkNotYetBegun) {
    std::atomic<int> done = 0;
    std::atomic<bool> go = false;
    auto queued = std::make_shared<int>();  // each task not yet dropped or ended refers to it
    Progress progress;
    auto transfer = std::make_unique<Transfer>(progress, Durability::Unsynced);
    for (int i = 0; i < 20; ++i) {
        transfer->post([&, queued](std::span<std::byte>) {
            while (!go) std::this_thread::yield();
            ++done;
        });
    }
    std::thread end{[&] { transfer.reset(); }};
    // One task per thread may be running.
    EXPECT_TRUE(testing::wait_until([&] { return queued.use_count() <= 1 + 2; }));
    go = true;
    end.join();
    EXPECT_LE(done, 2);
}

TEST(Transfer, PostedWorkGetsTheWholeScratchMemory) {
    Progress progress;
    Transfer transfer{progress, Durability::Unsynced};
    std::atomic<std::size_t> size = 0;
    transfer.post([&](std::span<std::byte> scratch) { size = scratch.size(); });
    transfer.finish();
    EXPECT_EQ(size, Transfer::kScratchBytes);
}

TEST(Transfer, FinishWithoutWorkReturnsAndWorkMayFollow) {
    int done = 0;
    Progress progress;
    Transfer transfer{progress, Durability::Unsynced};
    transfer.finish();
    transfer.finish();
    transfer.post([&](std::span<std::byte>) { ++done; });
    transfer.finish();
    transfer.finish();
    EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace vix::io
