#include "io/locks/lock.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/filesystem/operations.hpp>
#include <ctime>
#include <sstream>

#include "testing/disks/samples.h"
#include "testing/process/failure.h"
#include "testing/process/nobody.h"
#include "testing/process/temp_folder.h"

namespace vix::io {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::contains;
using testing::detail_of;
using testing::TempFolder;

// Field 22 of /proc/<pid>/stat. Correct only if the process's name has no blanks.
std::string creation_of(pid_t pid) {
    std::istringstream fields{testing::read_file("/proc/" + std::to_string(pid) + "/stat")};
    std::string field;
    for (int i = 1; i <= 22; ++i) fields >> field;
    return field;
}

LockMember member_of_process(pid_t pid, const std::string& creation) {
    LockMember member;
    member.machine = this_machine();
    member.execution = std::to_string(pid) + '-' + creation + "(vmware-vmx)";
    member.lamport = 1;
    member.creation = creation;
    return member;
}

LockMember live_member() {
    return member_of_process(getppid(), creation_of(getppid()));
}

// The member of a process that has ended and been waited for.
LockMember dead_member() {
    const pid_t pid = fork();
    if (pid == 0) _exit(0);
    waitpid(pid, nullptr, 0);
    return member_of_process(pid, "12345");
}

LockMember foreign_member() {
    LockMember member = live_member();
    member.machine = "uuid=56-4d-00-00-00-00-00-00-00-00-00-00-00-00-00-01";
    member.execution = "4242-132223242526272829(vmware-vmx.exe)";
    return member;
}

void put_member(const fs::path& file, const LockMember& member,
                const std::string& name = "M00001.lck") {
    fs::create_directories(lock_folder(file));
    testing::write_file(lock_folder(file) / name, to_text(member, lock_folder(file)));
}

TEST(LockMember, ReadsWhatWorkstationWrites) {
    const std::string bytes =
        testing::read_file(testing::sample_file("gbk-running/vmx.lck/M50731.lck"));
    const auto member = parse_lock_member(bytes);
    ASSERT_TRUE(member.has_value());
    EXPECT_EQ(member->machine.substr(0, 5), "uuid=");
    EXPECT_TRUE(contains(member->execution, "(vmware.exe)"));
    EXPECT_EQ(member->kind, LockKind::Exclusive);
}

TEST(LockMember, ReadsThatOfARunningMachine) {
    const auto member = parse_lock_member(
        testing::read_file(testing::sample_file("gbk-running/vmem.lck/M18264.lck")));
    ASSERT_TRUE(member.has_value());
    EXPECT_TRUE(contains(member->execution, "(vmware-vmx.exe)"));
}

TEST(LockMember, ReadsTheRealOnes) {
    const auto files = testing::real_files(".lck");
    if (files.empty()) GTEST_SKIP() << testing::no_real_file("*.lck");
    for (const auto& file : files) {
        const auto member = parse_lock_member(testing::read_file(file));
        ASSERT_TRUE(member.has_value()) << file;
        EXPECT_EQ(member->machine.substr(0, 5), "uuid=") << file;
    }
}

TEST(LockMember, SurvivesWritingAndReading) {
    const LockMember member = foreign_member();
    const auto read = parse_lock_member(to_text(member, "/vms/a.vmx.lck"));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->machine, member.machine);
    EXPECT_EQ(read->execution, member.execution);
    EXPECT_EQ(read->lamport, member.lamport);
    EXPECT_EQ(read->kind, member.kind);
    EXPECT_EQ(read->creation, member.creation);
}

TEST(LockMember, IsWrittenAsVmwareDoes) {
    LockMember member;
    member.machine = "machine";
    member.execution = "77-88(name)";
    member.lamport = 3;
    member.kind = LockKind::Shared;
    member.creation = "88";
    std::string expected =
        "machine 77-88(name) 3 S 88 lc=" + std::to_string(lock_checksum("/vms/a.vmx.lck"));
    expected.resize(512, '\0');
    EXPECT_EQ(to_text(member, "/vms/a.vmx.lck"), expected);
}

TEST(LockMember, RefusesAnotherSize) {
    const std::string text = to_text(live_member(), "/a.lck");
    EXPECT_EQ(parse_lock_member(text.substr(0, 511)), std::nullopt);
    EXPECT_EQ(parse_lock_member(text + '\0'), std::nullopt);
    EXPECT_EQ(parse_lock_member(""), std::nullopt);
}

std::string padded(std::string text) {
    text.resize(512, '\0');
    return text;
}

TEST(LockMember, RefusesFewerThanFiveFields) {
    EXPECT_EQ(parse_lock_member(padded("machine 1-2(x) 1 X")), std::nullopt);
    EXPECT_EQ(parse_lock_member(std::string(512, '\0')), std::nullopt);
    EXPECT_TRUE(parse_lock_member(padded("machine 1-2(x) 1 X 2")).has_value());
}

TEST(LockMember, RefusesAKindOrNumberThatIsNone) {
    EXPECT_EQ(parse_lock_member(padded("machine 1-2(x) 1 Y 2")), std::nullopt);
    EXPECT_EQ(parse_lock_member(padded("machine 1-2(x) one X 2")), std::nullopt);
}

TEST(LockMember, AllowsFurtherFields) {
    EXPECT_TRUE(parse_lock_member(padded("machine 1-2(x) 1 X 2 lc=5 more=6")).has_value());
}

TEST(LockMember, ChecksumIsThatOfVmware) {
    // From the lock of a real machine. On Windows VMware converts the path to lower case first.
    EXPECT_EQ(lock_checksum("e:\\新虚拟机\\vm1\\centos 7 64 位.vmdk.lck"), 2328825538U);
}

TEST(LockStale, NotWhileItsProcessLives) {
    EXPECT_FALSE(is_stale(live_member()));
}

TEST(LockStale, WhenItsProcessIsGone) {
    EXPECT_TRUE(is_stale(dead_member()));
}

TEST(LockStale, WhenAnotherProcessHasItsNumberNow) {
    EXPECT_TRUE(is_stale(member_of_process(getppid(), "1")));
}

TEST(LockStale, NeverOnAnotherHost) {
    EXPECT_FALSE(is_stale(foreign_member()));
}

TEST(LockStale, OldFormIsJudgedByTheProcessAlone) {
    LockMember member = live_member();
    member.execution = std::to_string(getppid());
    EXPECT_FALSE(is_stale(member));
}

TEST(LockStale, WhenItsProcessNumberIsNone) {
    EXPECT_TRUE(is_stale(member_of_process(0, "1")));
    LockMember member = live_member();
    member.execution = "99999999999-1(x)";
    EXPECT_TRUE(is_stale(member));
}

// The address of the first of this host's eth0..eth7; empty if there is none.
std::string own_address() {
    for (int i = 0; i < 8; ++i) {
        const fs::path file = "/sys/class/net/eth" + std::to_string(i) + "/address";
        if (fs::exists(file)) return testing::read_file(file).substr(0, 17);
    }
    return "";
}

// Virtual hosts made from one image share the id, and hosts without eth0 have none.
TEST(LockStale, TheHardwareIdAloneProvesNoHost) {
    EXPECT_FALSE(is_stale(member_for("another", own_address(), "1999999999 (qemu) S")));
    LockMember member = dead_member();
    member.machine = "AAAAAAAAAAAAAAAA";
    EXPECT_FALSE(is_stale(member));
}

TEST(LockMachine, IsTwelveBytesInBase64WithoutSlash) {
    EXPECT_EQ(this_machine().size(), 16U);
    EXPECT_EQ(this_machine().find_first_of("/="), std::string::npos);
    EXPECT_EQ(this_machine(), this_machine());
}

TEST(LockMachine, IsToldOfAnotherHostAsThatHostTellsIt) {
    const std::string stat = testing::read_file("/proc/self/stat");
    const LockMember own = member_for(getpid());
    std::array<char, 256> name{};
    gethostname(name.data(), name.size() - 1);
    const LockMember told = member_for(name.data(), own_address(), stat);
    if (fs::read_symlink("/proc/self/ns/pid") == "pid:[4026531836]") {  // not in a container
        EXPECT_EQ(told.machine, own.machine);
    }
    EXPECT_EQ(told.execution, own.execution);
    EXPECT_EQ(told.creation, own.creation);
    EXPECT_NE(member_for("another", "00:0c:29:01:02:03", stat).machine, own.machine);
}

TEST(LockStale, NeverThatOfAnotherHostEvenIfItsProcessIsNoneHere) {
    EXPECT_FALSE(is_stale(member_for("another", "00:0c:29:01:02:03", "1999999999 (qemu) S")));
}

TEST(LockHolders, NobodyWithoutAFolder) {
    const TempFolder folder;
    EXPECT_TRUE(lock_holders(lock_folder(folder / "a.vmx")).empty());
}

TEST(LockHolders, LiveMemberIsToldWithItsProcess) {
    const TempFolder folder;
    put_member(folder / "a.vmx", live_member());
    const auto holders = lock_holders(lock_folder(folder / "a.vmx"));
    ASSERT_EQ(holders.size(), 1U);
    EXPECT_EQ(holders[0].kind, LockKind::Exclusive);
    EXPECT_TRUE(contains(holders[0].description, std::to_string(getppid())));
    EXPECT_TRUE(contains(holders[0].description, "M00001.lck"));
}

TEST(LockHolders, StaleMembersAndGarbageAreLeftOut) {
    const TempFolder folder;
    put_member(folder / "a.vmx", dead_member());
    testing::write_file(lock_folder(folder / "a.vmx") / "M00002.lck", "garbage");
    put_member(folder / "a.vmx", live_member(), "notes.txt");
    EXPECT_TRUE(lock_holders(lock_folder(folder / "a.vmx")).empty());
}

TEST(LockHolders, OtherHostsCount) {
    const TempFolder folder;
    put_member(folder / "a.vmx", foreign_member());
    EXPECT_EQ(lock_holders(lock_folder(folder / "a.vmx")).size(), 1U);
}

TEST(LockHolders, AMemberThatMayNotBeReadCounts) {
    const TempFolder folder;
    put_member(folder / "a.vmx", live_member());
    fs::permissions(folder.path(), fs::all_all);
    fs::permissions(lock_folder(folder / "a.vmx"), fs::all_all);
    fs::permissions(lock_folder(folder / "a.vmx") / "M00001.lck", fs::no_perms);
    EXPECT_TRUE(testing::holds_for_nobody(
        [&] { return lock_holders(lock_folder(folder / "a.vmx")).size() == 1; }));
}

TEST(Lock, HoldsAMemberInVmwaresForm) {
    const TempFolder folder;
    const Lock lock{folder / "a.vmx", LockKind::Exclusive};
    const std::string name = testing::names_in(lock_folder(folder / "a.vmx"));
    ASSERT_EQ(name.size(), 10U) << name;  // M12345.lck alone: no file of the entry is left
    const auto member = parse_lock_member(testing::read_file(lock_folder(folder / "a.vmx") / name));
    ASSERT_TRUE(member.has_value());
    EXPECT_EQ(member->machine, this_machine());
    EXPECT_EQ(member->execution.substr(0, member->execution.find('(')),
              std::to_string(getpid()) + '-' + creation_of(getpid()));
}

TEST(Lock, FolderIsGoneAfterwards) {
    const TempFolder folder;
    { const Lock lock{folder / "a.vmx", LockKind::Exclusive}; }
    EXPECT_EQ(testing::names_in(folder.path()), "");
}

TEST(Lock, ExclusiveKeepsEverybodyOut) {
    const TempFolder folder;
    const Lock lock{folder / "a.vmx", LockKind::Exclusive};
    EXPECT_EQ(code_of([&] {
                  Lock{folder / "a.vmx", LockKind::Exclusive};
              }),
              VIX_E_FILE_ALREADY_LOCKED);
    EXPECT_EQ(code_of([&] {
                  Lock{folder / "a.vmx", LockKind::Shared};
              }),
              VIX_E_FILE_ALREADY_LOCKED);
}

TEST(Lock, SharedLocksStandSideBySide) {
    const TempFolder folder;
    const Lock first{folder / "a.vmx", LockKind::Shared};
    EXPECT_EQ(code_of([&] { Lock{folder / "a.vmx", LockKind::Shared}; }), VIX_OK);
}

TEST(Lock, SharedKeepsExclusiveOut) {
    const TempFolder folder;
    const Lock first{folder / "a.vmx", LockKind::Shared};
    EXPECT_EQ(code_of([&] {
                  Lock{folder / "a.vmx", LockKind::Exclusive};
              }),
              VIX_E_FILE_ALREADY_LOCKED);
}

TEST(Lock, FailedTryLeavesTheHolderAlone) {
    const TempFolder folder;
    const Lock holder{folder / "a.vmx", LockKind::Exclusive};
    const std::string before = testing::names_in(lock_folder(folder / "a.vmx"));
    EXPECT_EQ(code_of([&] {
                  Lock{folder / "a.vmx", LockKind::Shared};
              }),
              VIX_E_FILE_ALREADY_LOCKED);
    EXPECT_EQ(testing::names_in(lock_folder(folder / "a.vmx")), before);
}

TEST(Lock, RefusalNamesTheHolder) {
    const TempFolder folder;
    put_member(folder / "a.vmx", foreign_member());
    EXPECT_TRUE(contains(detail_of([&] {
                             Lock{folder / "a.vmx", LockKind::Shared};
                         }),
                         "4242-132223242526272829(vmware-vmx.exe)"));
}

TEST(Lock, TakesOverFromADeadProcess) {
    const TempFolder folder;
    put_member(folder / "a.vmx", dead_member());
    { const Lock lock{folder / "a.vmx", LockKind::Exclusive}; }
    EXPECT_EQ(testing::names_in(folder.path()), "");
}

TEST(Lock, SweepsAwayGarbageInTheFolder) {
    const TempFolder folder;
    folder.write("a.vmx.lck/M00002.lck", "cut short");
    { const Lock lock{folder / "a.vmx", LockKind::Exclusive}; }
    EXPECT_EQ(testing::names_in(folder.path()), "");
}

TEST(Lock, SweepsAwayAnEntryThatSomebodyDiedOver) {
    const TempFolder folder;
    const fs::path locks = folder / "a.vmx.lck";
    fs::create_directories(locks / "D00007.lck");
    folder.write("a.vmx.lck/E00007.lck", "");
    fs::last_write_time(locks / "D00007.lck", std::time(nullptr) - 3600);
    fs::last_write_time(locks / "E00007.lck", std::time(nullptr) - 3600);
    { const Lock lock{folder / "a.vmx", LockKind::Exclusive}; }
    EXPECT_EQ(testing::names_in(folder.path()), "");
}

// The two files of an entry may be created at different times. Several entries, because they are
// found in any order.
TEST(Lock, SweepsAwayAnEntryWhoseFilesDifferInAge) {
    const TempFolder folder;
    const auto put = [&](const std::string& number) {
        fs::create_directories(folder / ("a.vmx.lck/D" + number + ".lck"));
        fs::last_write_time(folder / ("a.vmx.lck/D" + number + ".lck"), std::time(nullptr) - 2);
        folder.write("a.vmx.lck/E" + number + ".lck", "");
    };
    for (const char* number : {"00001", "00002", "00003", "00004", "00005", "00006"}) put(number);
    { const Lock lock{folder / "a.vmx", LockKind::Exclusive}; }
    EXPECT_FALSE(fs::exists(folder / "a.vmx.lck"));
}

TEST(Lock, SweepsAwayAllOfAnEntryWhoseProcessIsDead) {
    const TempFolder folder;
    const std::string dead = to_text(dead_member(), folder / "a.vmx.lck");
    const auto put = [&](const std::string& number) {
        fs::create_directories(folder / ("a.vmx.lck/D" + number + ".lck"));
        folder.write("a.vmx.lck/E" + number + ".lck", dead);
    };
    for (const char* number : {"00001", "00002", "00003", "00004", "00005", "00006"}) put(number);
    { const Lock lock{folder / "a.vmx", LockKind::Exclusive}; }
    EXPECT_FALSE(fs::exists(folder / "a.vmx.lck"));
}

TEST(Lock, DoesNotWaitForAnEntryFromTheFuture) {
    const TempFolder folder;
    fs::create_directories(folder / "a.vmx.lck/D00007.lck");
    fs::last_write_time(folder / "a.vmx.lck/D00007.lck", std::time(nullptr) + 365 * 86400);
    const pid_t pid = fork();
    if (pid == 0) {
        alarm(5);  // kills the child if it waits
        _exit(code_of([&] { Lock{folder / "a.vmx", LockKind::Exclusive}; }) == VIX_OK ? 0 : 1);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
}

TEST(Lock, AnAncientLockFileDoesNotBlock) {
    const TempFolder folder;
    folder.write("a.vmx.lck", "pid 42");
    EXPECT_EQ(code_of([&] { Lock{folder / "a.vmx", LockKind::Exclusive}; }), VIX_OK);
}

TEST(Lock, FailsWhereNothingCanBeWritten) {
    EXPECT_EQ(code_of([] { Lock{"/proc/a.vmx", LockKind::Shared}; }), VIX_E_FILE_NOT_FOUND);
}

TEST(Lock, NumbersGrow) {
    const TempFolder folder;
    LockMember seventh = live_member();
    seventh.lamport = 7;
    seventh.kind = LockKind::Shared;
    put_member(folder / "a.vmx", seventh, "M99999.lck");
    const Lock lock{folder / "a.vmx", LockKind::Shared};
    fs::remove(lock_folder(folder / "a.vmx") / "M99999.lck");
    const std::string own = testing::names_in(lock_folder(folder / "a.vmx"));
    EXPECT_EQ(parse_lock_member(testing::read_file(lock_folder(folder / "a.vmx") / own))->lamport,
              8U);
}

TEST(Lock, HandedOverIsHeldByTheOtherUntilItEnds) {
    const TempFolder folder;
    const auto file = folder.write("vm.vmx", "");
    const pid_t other = fork();
    if (other == 0) {
        pause();
        _exit(0);
    }
    fs::path member;
    {
        const Lock lock{file, LockKind::Exclusive};
        member = lock.hand_over(member_for(other));
    }
    const auto holders = lock_holders(lock_folder(file));
    kill(other, SIGKILL);
    waitpid(other, nullptr, 0);
    ASSERT_EQ(holders.size(), 1U);
    EXPECT_FALSE(holders.front().ours);
    EXPECT_EQ(holders.front().kind, LockKind::Exclusive);
    EXPECT_TRUE(fs::exists(member));
    EXPECT_TRUE(lock_holders(lock_folder(file)).empty());
    EXPECT_NO_THROW((Lock{file, LockKind::Exclusive}));
}

}  // namespace
}  // namespace vix::io
