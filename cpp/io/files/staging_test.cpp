#include "io/files/staging.h"

#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "testing/process/failure.h"
#include "testing/process/system_calls.h"
#include "testing/process/temp_folder.h"

namespace vix::io {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::names_in;
using testing::read_file;
using testing::TempFolder;
using testing::write_file;

void write_machine(const Staging& staging) {
    write_file(staging.folder() / "clone.vmx", "vmx");
    write_file(staging.folder() / "clone.nvram", "nvram");
    write_file(staging.folder() / "disk-cl1.vmdk", "disk");
    write_file(staging.folder() / "zz.vmdk", "last in the alphabet");
}

// Builds a machine and publishes it.
void publish_machine(const fs::path& last, Progress& progress,
                     Durability durability = Durability::Unsynced) {
    Staging staging{last, durability};
    write_machine(staging);
    staging.begin_sync({});
    staging.finish_sync();
    staging.publish(progress);
}

// Records the destination's content at every step of publishing.
class WatchingProgress : public Progress {
  public:
    explicit WatchingProgress(fs::path folder) : folder_{std::move(folder)} {}
    void checkpoint(const char*) override { seen.push_back(names_in(folder_)); }
    std::vector<std::string> seen;

  private:
    fs::path folder_;
};

// Runs `action` at checkpoint number `step` (from 0).
template <typename Action>
class ActingProgress : public Progress {
  public:
    ActingProgress(int step, Action action) : left_{step}, action_{action} {}
    void checkpoint(const char*) override {
        if (left_-- == 0) action_();
    }

  private:
    int left_;
    Action action_;
};

[[noreturn]] void cancel() {
    throw Error{VIX_E_CANCELLED, "cancelled"};
}

[[noreturn]] void die() {
    _exit(7);
}

// Runs `child` in a process of its own.
template <typename Child>
void run_apart(Child child) {
    const pid_t pid = fork();
    if (pid == 0) {
        child();
        _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
}

// The child process exits at the given step of publishing.
void die_while_publishing(const fs::path& last, int step) {
    run_apart([&] {
        ActingProgress progress{step, die};
        publish_machine(last, progress);
    });
}

TEST(NewFolders, AreRemovedUnlessKept) {
    const TempFolder folder;
    { const NewFolders made{folder / "a/b/c"}; }
    EXPECT_EQ(names_in(folder.path()), "");
}

TEST(NewFolders, StayWhenKept) {
    const TempFolder folder;
    {
        NewFolders made{folder / "a/b/c"};
        made.keep();
    }
    EXPECT_TRUE(fs::is_directory(folder / "a/b/c"));
}

TEST(NewFolders, TellWhatHoldsThem) {
    const TempFolder folder;
    fs::create_directory(folder / "a");
    const NewFolders made{folder / "a/b/c"};
    const std::vector<fs::path> expected = {folder / "a", folder / "a/b"};
    EXPECT_EQ(made.holders(), expected);
}

TEST(NewFolders, FoldersThatWereThereStay) {
    const TempFolder folder;
    fs::create_directory(folder / "a");
    { const NewFolders made{folder / "a/b"}; }
    EXPECT_EQ(names_in(folder.path()), "a");
}

TEST(NewFolders, FoldersInUseByNowStay) {
    const TempFolder folder;
    {
        const NewFolders made{folder / "a/b"};
        folder.write("a/other", "");
    }
    EXPECT_EQ(names_in(folder / "a"), "other");
}

TEST(NewFolders, LeaveNothingWhenOneCannotBeMade) {
    const TempFolder folder;
    const std::string too_long(300, 'x');
    EXPECT_EQ(code_of([&] { NewFolders{folder / "a" / too_long / "b"}; }), VIX_E_FILE_NAME_INVALID);
    EXPECT_EQ(names_in(folder.path()), "");
}

TEST(Staging, IsKnownByTheNameOfTheLastFile) {
    EXPECT_EQ(Staging::folder_for("/vms/c/My Clone.vmx"), "/vms/c/.vix-staging-My Clone");
}

TEST(Staging, VanishesUnlessPublished) {
    const TempFolder folder;
    {
        const Staging staging{folder / "clone.vmx", Durability::Unsynced};
        write_machine(staging);
    }
    EXPECT_EQ(names_in(folder.path()), "");
}

TEST(Staging, PublishesEverythingAndVanishes) {
    const TempFolder folder;
    {
        Progress progress;
        publish_machine(folder / "clone.vmx", progress, Durability::Synced);
    }
    EXPECT_EQ(names_in(folder.path()), "clone.nvram clone.vmx disk-cl1.vmdk zz.vmdk");
    EXPECT_EQ(read_file(folder / "disk-cl1.vmdk"), "disk");
}

TEST(Staging, PublishesTheLastFileLast) {
    const TempFolder folder;
    WatchingProgress progress{folder.path()};
    publish_machine(folder / "clone.vmx", progress);
    const std::vector<std::string> expected = {
        ".vix-staging-clone", ".vix-staging-clone clone.nvram",
        ".vix-staging-clone clone.nvram disk-cl1.vmdk",
        ".vix-staging-clone clone.nvram disk-cl1.vmdk zz.vmdk",
        ".vix-staging-clone clone.nvram clone.vmx disk-cl1.vmdk zz.vmdk"};
    EXPECT_EQ(progress.seen, expected);
}

TEST(Staging, NeverReplacesAFile) {
    const TempFolder folder;
    folder.write("disk-cl1.vmdk", "somebody else's");
    const auto publish = [&] {
        Progress progress;
        publish_machine(folder / "clone.vmx", progress);
    };
    EXPECT_EQ(code_of(publish), VIX_E_FILE_ALREADY_EXISTS);
    EXPECT_EQ(names_in(folder.path()), "disk-cl1.vmdk");
    EXPECT_EQ(read_file(folder / "disk-cl1.vmdk"), "somebody else's");
}

TEST(Staging, NeverReplacesALinkThatLeadsNowhere) {
    const TempFolder folder;
    fs::create_symlink("nowhere", folder / "clone.vmx");
    const auto publish = [&] {
        Progress progress;
        publish_machine(folder / "clone.vmx", progress);
    };
    EXPECT_EQ(code_of(publish), VIX_E_FILE_ALREADY_EXISTS);
    EXPECT_EQ(names_in(folder.path()), "clone.vmx");
}

TEST(Staging, FailureAtAnyStepTakesAllBack) {
    for (int step = 0; step < 5; ++step) {
        SCOPED_TRACE(step);
        const TempFolder folder;
        const auto publish = [&] {
            ActingProgress progress{step, cancel};
            publish_machine(folder / "clone.vmx", progress);
        };
        EXPECT_EQ(code_of(publish), VIX_E_CANCELLED);
        EXPECT_EQ(names_in(folder.path()), "");
    }
}

// Records the names of files deleted from a folder, in order.
class Deletions {
  public:
    explicit Deletions(const fs::path& folder) : descriptor_{inotify_init1(IN_NONBLOCK)} {
        inotify_add_watch(descriptor_.number, folder.c_str(), IN_DELETE);
    }

    std::string names() const {
        alignas(inotify_event) std::array<char, 65536> buffer{};
        const ssize_t size = ::read(descriptor_.number, buffer.data(), buffer.size());
        std::string names;
        for (ssize_t at = 0; at < size;) {
            const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
            names += (names.empty() ? "" : " ") + std::string{event->name};
            at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
        }
        return names;
    }

  private:
    Descriptor descriptor_;
};

TEST(Staging, TakesTheLastFileBackFirst) {
    const TempFolder folder;
    const Deletions deletions{folder.path()};
    const auto publish = [&] {
        ActingProgress progress{4, cancel};
        publish_machine(folder / "clone.vmx", progress);
    };
    EXPECT_EQ(code_of(publish), VIX_E_CANCELLED);
    EXPECT_EQ(deletions.names().substr(0, 9), "clone.vmx");
}

TEST(Staging, SecondAttemptBesideALiveOneIsRefused) {
    const TempFolder folder;
    const Staging staging{folder / "clone.vmx", Durability::Unsynced};
    EXPECT_EQ(code_of([&] {
                  Staging{folder / "clone.vmx", Durability::Unsynced};
              }),
              VIX_E_FILE_ALREADY_EXISTS);
}

TEST(StagingLeftovers, OfACrashWhileBuildingAreRemoved) {
    const TempFolder folder;
    run_apart([&] {
        const Staging staging{folder / "clone.vmx", Durability::Unsynced};
        write_machine(staging);
        die();
    });
    ASSERT_EQ(names_in(folder.path()), ".vix-staging-clone");
    Staging::remove_leftovers(folder / "clone.vmx");
    EXPECT_EQ(names_in(folder.path()), "");
}

TEST(StagingLeftovers, OfACrashAtAnyStepOfPublishingAreRemoved) {
    for (int step = 0; step < 4; ++step) {
        SCOPED_TRACE(step);
        const TempFolder folder;
        die_while_publishing(folder / "clone.vmx", step);
        EXPECT_FALSE(fs::exists(folder / "clone.vmx"));
        Staging::remove_leftovers(folder / "clone.vmx");
        EXPECT_EQ(names_in(folder.path()), "");
    }
}

TEST(StagingLeftovers, OfACrashAfterTheLastFileLeaveTheWhole) {
    const TempFolder folder;
    die_while_publishing(folder / "clone.vmx", 4);
    ASSERT_TRUE(fs::exists(folder / "clone.vmx"));
    Staging::remove_leftovers(folder / "clone.vmx");
    EXPECT_EQ(names_in(folder.path()), "clone.nvram clone.vmx disk-cl1.vmdk zz.vmdk");
}

TEST(StagingLeftovers, FilesThatOthersPutThereSinceStay) {
    const TempFolder folder;
    die_while_publishing(folder / "clone.vmx", 2);
    fs::remove(folder / "clone.nvram");
    folder.write("clone.nvram", "somebody else's");
    Staging::remove_leftovers(folder / "clone.vmx");
    EXPECT_EQ(names_in(folder.path()), "clone.nvram");
}

TEST(StagingLeftovers, ManifestNamesNothingOutsideTheDestination) {
    const TempFolder folder;
    folder.write("precious", "kept");
    struct stat status {};
    ASSERT_EQ(stat((folder / "precious").c_str(), &status), 0);
    folder.write("vms/.vix-staging-clone/.manifest",
                 std::to_string(status.st_ino) + " ../precious" + '\0');
    Staging::remove_leftovers(folder / "vms/clone.vmx");
    EXPECT_EQ(names_in(folder.path()), "precious vms");
}

TEST(StagingLeftovers, OfAnotherCloneStay) {
    const TempFolder folder;
    const Staging other{folder / "other.vmx", Durability::Unsynced};
    Staging::remove_leftovers(folder / "clone.vmx");
    EXPECT_EQ(names_in(folder.path()), ".vix-staging-other");
}

TEST(StagingLeftovers, ALinkOfThatNameIsNotFollowed) {
    const TempFolder folder;
    folder.write("precious/file", "kept");
    fs::create_symlink("precious", folder / ".vix-staging-clone");
    Staging::remove_leftovers(folder / "clone.vmx");
    EXPECT_EQ(names_in(folder / "precious"), "file");
}

// Without the manifest nothing would show that the file is ours.
TEST(StagingLeftovers, OneThatCannotBeDeletedKeepsItsManifest) {
    const TempFolder folder;
    die_while_publishing(folder / "clone.vmx", 2);
    const std::string before = names_in(folder.path());
    {
        const testing::Refusal refusal{testing::Call::Unlink, "clone.nvram"};
        const auto remove = [&] { Staging::remove_leftovers(folder / "clone.vmx"); };
        EXPECT_NE(code_of(remove), VIX_OK);
        EXPECT_GT(refusal.count(), 0);
    }
    EXPECT_EQ(names_in(folder.path()), before);
    Staging::remove_leftovers(folder / "clone.vmx");
    EXPECT_EQ(names_in(folder.path()), "");
}

}  // namespace
}  // namespace vix::io
