// Many contenders for the same lock: no two may ever hold it exclusively.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/filesystem/operations.hpp>
#include <thread>

#include "base/error.h"
#include "io/locks/lock.h"
#include "testing/process/system_calls.h"
#include "testing/process/temp_folder.h"
#include "testing/process/waiting.h"

namespace vix::io {
namespace {

using testing::TempFolder;

constexpr int kTries = 60;

// Locks again and again. Calls `critical` while it holds the lock.
template <typename Critical>
void contend(const boost::filesystem::path& file, Critical&& critical) {
    for (int i = 0; i < kTries; ++i) {
        try {
            const Lock lock{file, LockKind::Exclusive};
            critical();
        } catch (const Error& error) {
            if (error.code() != VIX_E_FILE_ALREADY_LOCKED) throw;
        }
    }
}

TEST(LockRace, TwoThreadsNeverBothHoldIt) {
    const TempFolder folder;
    std::atomic<int> holders = 0;
    std::atomic<int> collisions = 0;
    const auto critical = [&] {
        if (++holders > 1) ++collisions;
        std::this_thread::yield();
        --holders;
    };
    std::array<std::thread, 2> threads;
    for (std::thread& thread : threads) {
        thread = std::thread{[&] { contend(folder / "a.vmx", critical); }};
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(collisions, 0);
    EXPECT_EQ(testing::names_in(folder.path()), "");
}

// Exits with 1 if another process is in the critical section at the same time.
[[noreturn]] void contend_and_exit(const TempFolder& folder) {
    const int guard = open((folder / "guard").c_str(), O_RDWR);
    try {
        contend(folder / "a.vmx", [&] {
            if (flock(guard, LOCK_EX | LOCK_NB) != 0) _exit(1);
            flock(guard, LOCK_UN);
        });
    } catch (...) {
        _exit(2);
    }
    _exit(0);
}

TEST(LockRace, ProcessesNeverBothHoldIt) {
    const TempFolder folder;
    folder.write("guard", "");
    std::array<pid_t, 3> processes{};
    for (pid_t& process : processes) {
        process = fork();
        if (process == 0) contend_and_exit(folder);
    }
    for (const pid_t process : processes) {
        int status = -1;
        waitpid(process, &status, 0);
        EXPECT_EQ(status, 0);
    }
    EXPECT_EQ(testing::names_in(folder.path()), "guard");
}

TEST(LockRace, SomebodyGetsIt) {
    const TempFolder folder;
    std::atomic<int> held = 0;
    std::array<std::thread, 2> threads;
    for (std::thread& thread : threads) {
        thread = std::thread{[&] { contend(folder / "a.vmx", [&] { ++held; }); }};
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_GT(held, 0);
}

// A busy host may stop a process while it draws its number, so that the other process removes its
// entry as stale.
TEST(LockRace, OneThatIsSlowToDrawItsNumberDoesNotHoldItBesideAnother) {
    const TempFolder folder;
    for (int round = 0; round < 6; ++round) {  // with equal numbers, the order is random
        const auto file = folder / ("slow" + std::to_string(round) + ".vmx");
        testing::Halt halt{"/E"};
        std::thread slow{[&] {
            try {
                const Lock lock{file, LockKind::Exclusive};
                ADD_FAILURE() << "both hold it in round " << round;
            } catch (const Error& error) {
                EXPECT_EQ(error.code(), VIX_E_FILE_ALREADY_LOCKED);
            }
        }};
        EXPECT_TRUE(testing::wait_until([&] { return halt.reached(); }));
        const Lock quick{file, LockKind::Exclusive};
        halt.go_on();
        slow.join();
    }
    EXPECT_EQ(testing::names_in(folder.path()), "");
}

}  // namespace
}  // namespace vix::io
