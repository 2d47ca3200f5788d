#include "io/files/file.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>

#include "testing/process/failure.h"
#include "testing/process/system_calls.h"
#include "testing/process/temp_folder.h"

namespace vix::io {
namespace {

using testing::code_of;
using testing::contains;
using testing::detail_of;
using testing::TempFolder;

std::string read(const File& file, std::uint64_t offset, std::size_t size) {
    std::string bytes(size, '\0');
    file.read_at(offset, std::as_writable_bytes(std::span{bytes}));
    return bytes;
}

TEST(File, ReadsAtAnyOffset) {
    const TempFolder folder;
    const File file = File::open(folder.write("a", "0123456789"));
    EXPECT_EQ(file.size(), 10U);
    EXPECT_EQ(read(file, 3, 4), "3456");
}

TEST(File, MissingFileIsNotFound) {
    const TempFolder folder;
    EXPECT_EQ(code_of([&] { File::open(folder / "none"); }), VIX_E_FILE_NOT_FOUND);
}

TEST(File, ReadingPastTheEndTellsTheOffset) {
    const TempFolder folder;
    const File file = File::open(folder.write("a", "0123456789"));
    EXPECT_EQ(code_of([&] { read(file, 6, 5); }), VIX_E_DISK_NEEDSREPAIR);
    EXPECT_TRUE(contains(detail_of([&] { read(file, 6, 5); }), "ends at offset 10"));
}

TEST(File, RefusesAFolder) {
    const TempFolder folder;
    EXPECT_EQ(code_of([&] { File::open(folder.path()); }), VIX_E_FILE_ACCESS_ERROR);
}

TEST(File, RefusesAFifoWithoutWaitingForAWriter) {
    const TempFolder folder;
    ASSERT_EQ(mkfifo((folder / "fifo").c_str(), 0600), 0);
    alarm(5);  // kills the test if it hangs
    EXPECT_EQ(code_of([&] { File::open(folder / "fifo"); }), VIX_E_FILE_ACCESS_ERROR);
    alarm(0);
}

TEST(File, RefusesADevice) {
    EXPECT_EQ(code_of([] { File::open("/dev/zero"); }), VIX_E_FILE_ACCESS_ERROR);
    EXPECT_EQ(code_of([] { File::open("/dev/zero", Links::Follow); }), VIX_E_FILE_ACCESS_ERROR);
}

TEST(File, RefusesASocket) {
    const TempFolder folder;
    const int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder / "s").string().copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    close(descriptor);
    EXPECT_EQ(code_of([&] { File::open(folder / "s"); }), VIX_E_FILE_ACCESS_ERROR);
}

TEST(File, RefusesALinkUnlessToldToFollow) {
    const TempFolder folder;
    folder.write("a", "content");
    fs::create_symlink("a", folder / "link");
    EXPECT_EQ(code_of([&] { File::open(folder / "link"); }), VIX_E_FILE_ACCESS_ERROR);
    EXPECT_EQ(read(File::open(folder / "link", Links::Follow), 0, 7), "content");
}

TEST(File, RefusalTellsWhatItIs) {
    const TempFolder folder;
    fs::create_symlink("a", folder / "link");
    EXPECT_TRUE(contains(detail_of([&] { File::open(folder / "link"); }), "a symbolic link"));
    EXPECT_TRUE(contains(detail_of([&] { File::open(folder.path()); }), "a folder"));
    EXPECT_TRUE(contains(detail_of([] { File::open("/dev/null"); }), "a device"));
}

TEST(File, CreatesOnlyWhatIsNotThere) {
    const TempFolder folder;
    folder.write("a", "kept");
    EXPECT_EQ(code_of([&] { File::create(folder / "a", 0666); }), VIX_E_FILE_ALREADY_EXISTS);
    EXPECT_EQ(testing::read_file(folder / "a"), "kept");
}

TEST(File, DoesNotCreateThroughALink) {
    const TempFolder folder;
    fs::create_symlink("elsewhere", folder / "link");
    EXPECT_EQ(code_of([&] { File::create(folder / "link", 0666); }), VIX_E_FILE_ALREADY_EXISTS);
    EXPECT_FALSE(fs::exists(folder / "elsewhere"));
}

TEST(File, CreatesWithThePermissionsAsked) {
    const TempFolder folder;
    const mode_t before = umask(0022);
    const File file = File::create(folder / "a", 0660);
    umask(before);
    EXPECT_EQ(permissions_of(folder / "a"), 0640U);
    EXPECT_EQ(file.permissions(), 0640U);
}

TEST(File, WritesAndResizes) {
    const TempFolder folder;
    File file = File::create(folder / "a", 0666);
    file.write_at(4, as_bytes("data"));
    file.resize(10);
    file.sync();
    EXPECT_EQ(testing::read_file(folder / "a"), std::string("\0\0\0\0data\0\0", 10));
}

TEST(File, RefusesASizeThatNoFileHas) {
    const TempFolder folder;
    File file = File::create(folder / "a", 0666);
    EXPECT_EQ(code_of([&] { file.resize(~std::uint64_t{0}); }), VIX_E_FILE_TOO_BIG);
}

TEST(File, IsKnownByWhatItIsNotByItsPath) {
    const TempFolder folder;
    folder.write("a", "x");
    folder.write("b", "x");
    fs::create_hard_link(folder / "a", folder / "same");
    EXPECT_EQ(File::open(folder / "a").identity(), File::open(folder / "same").identity());
    EXPECT_NE(File::open(folder / "a").identity(), File::open(folder / "b").identity());
}

TEST(File, IsNotOpenedOrMadeWhereItCannotBeToldWhichItIs) {
    const TempFolder folder;
    folder.write("a", "x");
    testing::hide_next_state();
    EXPECT_EQ(code_of([&] { File::open(folder / "a"); }), VIX_E_FILE_ERROR);
    testing::hide_next_state();
    EXPECT_EQ(code_of([&] { File::create(folder / "b", 0666); }), VIX_E_FILE_ERROR);
    EXPECT_FALSE(fs::exists(folder / "b"));
}

TEST(File, FindsDataAndHoles) {
    const TempFolder folder;
    File file = File::create(folder / "a", 0666);
    file.resize(std::uint64_t{1} << 20);
    file.write_at(65536, as_bytes(std::string(4096, 'x')));
    EXPECT_EQ(file.next_data(0), 65536U);
    EXPECT_EQ(file.next_hole(65536), 69632U);
    EXPECT_EQ(file.next_data(69632), std::nullopt);
    EXPECT_EQ(file.next_hole(0), 0U);
}

TEST(File, TheEndCountsAsAHole) {
    const TempFolder folder;
    const File file = File::open(folder.write("a", std::string(5000, 'x')));
    EXPECT_EQ(file.next_hole(0), 5000U);
}

TEST(File, MovesLeaveNothingOpenTwice) {
    const TempFolder folder;
    File first = File::open(folder.write("a", "x"));
    const int descriptor = first.descriptor();
    const File second = std::move(first);
    EXPECT_EQ(second.descriptor(), descriptor);
    EXPECT_EQ(first.descriptor(), -1);
}

TEST(File, ReadsSmallTexts) {
    const TempFolder folder;
    EXPECT_EQ(read_text(folder.write("a", "text"), 4), "text");
    EXPECT_EQ(read_text(folder.write("b", ""), 4), "");
}

TEST(File, RefusesTextsAboveTheLimit) {
    const TempFolder folder;
    EXPECT_EQ(code_of([&] { read_text(folder.write("a", "texts"), 4); }), VIX_E_FILE_TOO_BIG);
}

TEST(File, RefusesAHugeTextWithoutReadingIt) {
    const TempFolder folder;
    File::create(folder / "a", 0666).resize(std::uint64_t{1} << 40);
    EXPECT_EQ(code_of([&] { read_text(folder / "a", 1 << 20); }), VIX_E_FILE_TOO_BIG);
}

TEST(File, ReservingTakesBlocksAndChangesNothingElse) {
    const TempFolder folder;
    File file = File::create(folder / "a", 0666);
    file.write_at(0, as_bytes("data"));
    file.reserve(0, 65536);
    struct stat status {};
    ASSERT_EQ(fstat(file.descriptor(), &status), 0);
    EXPECT_GE(status.st_blocks * 512, 65536);
    EXPECT_EQ(testing::read_file(folder / "a"), "data");
}

TEST(File, ReleasedBlocksReadAsZeros) {
    const TempFolder folder;
    File file = File::create(folder / "a", 0666);
    file.write_at(0, as_bytes(std::string(3 * 4096, 'x')));
    file.release(4096, 4096);
    EXPECT_EQ(testing::read_file(folder / "a"),
              std::string(4096, 'x') + std::string(4096, '\0') + std::string(4096, 'x'));
}

TEST(File, ReservingMoreThanTheDiskHasTellsIt) {
    const TempFolder folder;
    File file = File::create(folder / "a", 0666);
    const std::uint64_t too_much = fs::space(folder.path()).free + (std::uint64_t{1} << 30);
    EXPECT_EQ(code_of([&] { file.reserve(0, too_much); }), VIX_E_DISK_FULL);
}

TEST(File, SyncsFilesAndFoldersTogether) {
    const TempFolder folder;
    folder.write("a", "x");
    folder.write("b", "x");
    EXPECT_EQ(code_of([&] { sync_all({folder / "a", folder / "b", folder.path()}); }), VIX_OK);
    EXPECT_EQ(code_of([&] { sync_all({folder.path()}); }), VIX_OK);
    EXPECT_EQ(code_of([&] { sync_all({}); }), VIX_OK);
}

TEST(File, SyncingReportsTheOneThatFails) {
    const TempFolder folder;
    folder.write("a", "x");
    EXPECT_EQ(code_of([&] { sync_all({folder / "a", folder / "none"}); }), VIX_E_FILE_NOT_FOUND);
    EXPECT_EQ(code_of([&] { sync_all({folder / "none"}); }), VIX_E_FILE_NOT_FOUND);
}

// As NFS and FUSE do when the disk is full or a quota is used up.
TEST(File, FinishTellsWhatTheFileSystemTellsOnlyAtClosing) {
    const TempFolder folder;
    File file = File::create(folder / "a", 0600);
    file.write_at(0, as_bytes("lost"));
    const auto finish = [&] { file.finish(Durability::Unsynced); };
    {
        const testing::Refusal refusal{testing::Call::Close, "/a"};
        EXPECT_EQ(code_of(finish), VIX_E_DISK_FULL);
        EXPECT_TRUE(contains(detail_of(finish), (folder / "a").string())) << detail_of(finish);
        EXPECT_TRUE(contains(detail_of(finish), "(errno 122)")) << detail_of(finish);
    }
    EXPECT_EQ(code_of(finish), VIX_OK);
    EXPECT_EQ(read(file, 0, 4), "lost");
}

}  // namespace
}  // namespace vix::io
