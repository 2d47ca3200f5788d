#include "io/files/replacement.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <boost/filesystem/operations.hpp>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/error.h"
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

// A list with one line more for each round: its count changes in place, and it grows at its end.
class FilesInTurn : public ::testing::Test {
  protected:
    FilesInTurn() {
        write(nullptr);
        former_ = {*state_of(fresh_name(path_)), {{6, 1}, {text_of(1).size(), 7}}};
    }

    static std::string text_of(int count) {
        std::string text = "count=" + std::to_string(count) + '\n';
        for (int i = 1; i <= count; ++i) text += "line " + std::to_string(i) + '\n';
        return text;
    }

    void write(const Former* former) {
        const std::string text = text_of(++count_);
        const auto replacement = former != nullptr
                                     ? std::make_unique<Replacement>(path_, text, *former)
                                     : std::make_unique<Replacement>(path_, text);
        replacement->exchange();
    }

    // The next round brings the former file up to date.
    void write_next() {
        former_.stale.push_back({text_of(count_).size(), 7});
        write(&former_);
        const auto former = state_of(fresh_name(path_));
        ASSERT_TRUE(former);
        former_ = {*former, {{6, 1}, {text_of(count_ - 1).size(), 7}}};
    }

    void expect_that_it_is_written_whole() {
        former_.stale.push_back({text_of(count_).size(), 7});
        write(&former_);
        EXPECT_EQ(read_file(path_), text_of(count_));
    }

    const TempFolder folder_;
    const fs::path path_ = folder_.write("a.vmsd", text_of(1));
    const fs::path fresh_ = fresh_name(path_);
    int count_ = 1;
    Former former_;
};

TEST_F(FilesInTurn, AreTwo) {
    std::vector<std::optional<FileIdentity>> files{identity_of(fresh_), identity_of(path_)};
    for (std::size_t i = 0; i < 6; ++i) {
        write_next();
        EXPECT_EQ(read_file(path_), text_of(count_));
        EXPECT_EQ(read_file(fresh_), text_of(count_ - 1));
        EXPECT_EQ(identity_of(path_), files[i % 2]);
        EXPECT_EQ(identity_of(fresh_), files[1 - i % 2]);
    }
    EXPECT_EQ(names_in(folder_.path()), "a.vmsd a.vmsd.vix-new");
}

TEST_F(FilesInTurn, AreWrittenNowhereButInStaleParts) {
    former_.stale = {{6, 1}, {15, 14}};
    Replacement replacement{path_, "COUNT=3\nLINE 1\nLINE 2\nline 3\n", former_};
    EXPECT_EQ(read_file(fresh_), "count=3\nline 1\nLINE 2\nline 3\n");
}

TEST_F(FilesInTurn, AreSyncedBeforeTheFormerOneIsWritten) {
    const testing::SyncRecord record;
    write_next();
    const std::string folder = folder_.path().string();
    EXPECT_EQ(record.calls(),
              (std::vector<std::string>{"rename " + path_.string(), "sync " + folder}));
}

TEST_F(FilesInTurn, AreNotWrittenWhileAnotherMayReadThem) {
    const File reader = File::open(fresh_);
    expect_that_it_is_written_whole();
    EXPECT_EQ(read_text(reader, 100), text_of(1));
}

TEST_F(FilesInTurn, AreNotWrittenUnderAnotherName) {
    fs::create_hard_link(fresh_, folder_ / "backup");
    expect_that_it_is_written_whole();
    EXPECT_EQ(read_file(folder_ / "backup"), text_of(1));
}

TEST_F(FilesInTurn, AreNotWrittenIfAnotherChangedThem) {
    testing::write_file(fresh_, "count=1\nLINE 1\n");
    expect_that_it_is_written_whole();
}

TEST_F(FilesInTurn, NeedNotBeThere) {
    fs::remove(fresh_);
    expect_that_it_is_written_whole();
}

TEST_F(FilesInTurn, AreNotWrittenThroughALink) {
    fs::rename(fresh_, folder_ / "elsewhere");
    fs::create_symlink(folder_ / "elsewhere", fresh_);
    expect_that_it_is_written_whole();
    EXPECT_EQ(read_file(folder_ / "elsewhere"), text_of(1));
}

TEST_F(FilesInTurn, AreOneWhereTheyCannotBeExchanged) {
    former_.stale.push_back({text_of(count_).size(), 7});
    Replacement replacement{path_, text_of(++count_), former_};
    testing::arm(testing::Fault::Error, 0);
    replacement.exchange();
    EXPECT_TRUE(testing::disarm());
    EXPECT_EQ(read_file(path_), text_of(count_));
    EXPECT_EQ(names_in(folder_.path()), "a.vmsd");
}

// Each opening that finds the lease makes the kernel send a signal, which must not end the process.
TEST_F(FilesInTurn, StandReadersOfBoth) {
    std::atomic<bool> done{false};
    std::atomic<int> wrong{0};
    std::thread reader{[&] {
        while (!done) {
            try {
                const std::string text = read_text(path_, 1000);
                if (text != text_of(std::stoi(text.substr(6)))) ++wrong;
                static_cast<void>(read_text(fresh_, 1000));
            } catch (const Error&) {
                // The former one was removed just then.
            }
        }
    }};
    for (int round = 0; round < 1000; ++round) {
        former_.stale = {{0, 1000}};
        write(&former_);
        if (round % 200 != 0) --count_;
        if (const auto former = state_of(fresh_)) former_.file = *former;
    }
    done = true;
    reader.join();
    EXPECT_EQ(wrong, 0);
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
