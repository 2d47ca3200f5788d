#include "power/guest/guest_session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <optional>

#include "power/engine.h"
#include "power/guest/guest_login.h"
#include "testing/disks/alike.h"
#include "testing/machines/guest.h"
#include "testing/machines/machines.h"
#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"

namespace vix::power {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::read_file;
using testing::TempFolder;

// One guest for all tests: it takes seconds to boot.
class InGuest : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        reason = testing::why_nothing_runs();
        if (!reason.empty()) return;
        folder.emplace();
        vmx = testing::make_guest(*folder / "guest");
        if (vmx.empty()) {
            reason = "dev/make-guest cannot make the guest here";
            return;
        }
        engine().power_on(vmx, StartAs::Running);
        agent.emplace(testing::guest_settings(*folder / "run"), vmx);
        agent->wait_until_answers(180, progress);
    }
    static void TearDownTestSuite() {
        agent.reset();
        if (!vmx.empty()) engine().power_off(vmx);
        folder.reset();
    }
    void SetUp() override {
        if (!reason.empty()) GTEST_SKIP() << reason;
    }

    static Engine engine() {
        return Engine{testing::guest_settings(*folder / "run"), testing::plain_settings()};
    }
    GuestSession as(const char* user) { return {*agent, user, progress}; }
    GuestSession root() { return as(kRoot); }

    static inline std::string reason;
    static inline std::optional<TempFolder> folder;
    static inline fs::path vmx;
    static inline std::optional<GuestAgent> agent;
    static inline Progress progress;
};

TEST_F(InGuest, LoginIsCheckedInTheGuest) {
    EXPECT_EQ(code_of([&] { check_login(*agent, "guest", "guest secret"); }), VIX_OK);
    EXPECT_EQ(code_of([&] { check_login(*agent, "guest", "root-secret"); }),
              VIX_E_GUEST_USER_PERMISSIONS);
}

TEST_F(InGuest, ProgramsGiveTheirExitCode) {
    const auto run = root().run_program("/bin/sh", {"-c", "exit 7"}, Wait::UntilItEnds);
    EXPECT_EQ(run.exit_code, 7);
    EXPECT_GT(run.pid, 0);
    EXPECT_EQ(code_of([&] { root().run_program("/no/such", {}, Wait::UntilItEnds); }),
              VIX_E_PROGRAM_NOT_STARTED);
    EXPECT_EQ(code_of([&] { as("guest").run_program("/no/such", {}, Wait::UntilItEnds); }),
              VIX_E_PROGRAM_NOT_STARTED);
}

TEST_F(InGuest, ProgramsRunAsTheUser) {
    as("guest").run_program("/bin/sh", {"-c", "id -u >/tmp/uid"}, Wait::UntilItEnds);
    EXPECT_EQ(agent->read_file("/tmp/uid", 100), "1000\n");
    EXPECT_EQ(as("guest").run_program("/bin/cat", {"/etc/shadow"}, Wait::UntilItEnds).exit_code, 1);
}

TEST_F(InGuest, WordsStayWords) {
    as("guest").run_program("/bin/touch", {"--", "/tmp/a $(id) 'b'; \"c\""}, Wait::UntilItEnds);
    EXPECT_TRUE(root().file_exists("/tmp/a $(id) 'b'; \"c\""));
}

TEST_F(InGuest, ScriptsRunAndLeaveNothing) {
    const auto before = root().list("/tmp").size();
    const auto run =
        as("guest").run_script({"/bin/sh", "-e"}, "false\nexit 3\n", Wait::UntilItEnds);
    EXPECT_EQ(run.exit_code, 1);
    EXPECT_EQ(root().run_script({}, "exit 4", Wait::UntilItEnds).exit_code, 4);
    EXPECT_EQ(code_of([&] { root().run_script({"/no/such"}, "", Wait::UntilItEnds); }),
              VIX_E_PROGRAM_NOT_STARTED);
    EXPECT_EQ(root().list("/tmp").size(), before);
}

TEST_F(InGuest, FilesAreCopiedBothWaysAsTheUser) {
    std::string content(3 * 1024 * 1024 + 5, 'x');
    for (std::size_t i = 0; i < content.size(); i += 97) content[i] = static_cast<char>(i);
    const auto source = folder->write("source", content);
    for (const char* user : {kRoot, "guest"}) {
        const std::string path = std::string{"/tmp/copy of "} + user;
        as(user).copy_in(source, path);
        as(user).copy_out(path, *folder / "back");
        EXPECT_TRUE(testing::alike(read_file(*folder / "back"), content)) << user;
    }
    EXPECT_EQ(code_of([&] { as("guest").copy_in(source, "/root/x"); }), VIX_E_FILE_ACCESS_ERROR);
    EXPECT_EQ(code_of([&] { as("guest").copy_out("/etc/shadow", *folder / "shadow"); }),
              VIX_E_FILE_ACCESS_ERROR);
    EXPECT_FALSE(fs::exists(*folder / "shadow"));
    EXPECT_EQ(code_of([&] { root().copy_out("/dev/null", *folder / "null"); }), VIX_E_NOT_A_FILE);
}

TEST_F(InGuest, FoldersAreCopiedWhole) {
    folder->write("tree/a/b", "deep");
    folder->write("tree/c", "flat");
    root().copy_in(*folder / "tree", "/tmp/tree");
    root().copy_out("/tmp/tree", *folder / "tree back");
    EXPECT_EQ(read_file(*folder / "tree back/a/b"), "deep");
    EXPECT_EQ(read_file(*folder / "tree back/c"), "flat");
}

TEST_F(InGuest, FilesAndFoldersComeAndGo) {
    auto session = as("guest");
    session.make_folder("/tmp/new/folder");
    EXPECT_EQ(code_of([&] { session.make_folder("/tmp/new/folder"); }), VIX_E_FILE_ALREADY_EXISTS);
    EXPECT_TRUE(session.folder_exists("/tmp/new/folder"));
    EXPECT_FALSE(session.file_exists("/tmp/new/folder"));
    const std::string name = session.make_temporary_file();
    session.rename(name, "/tmp/new/-odd\nname");
    EXPECT_EQ(code_of([&] { session.rename("/tmp/new/folder", "/tmp/new/-odd\nname"); }),
              VIX_E_FILE_ALREADY_EXISTS);
    auto found = session.list("/tmp/new");
    std::sort(found.begin(), found.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].name, "-odd\nname");
    EXPECT_FALSE(found[0].is_folder);
    EXPECT_EQ(found[1].name, "folder");
    EXPECT_TRUE(found[1].is_folder);
    EXPECT_EQ(code_of([&] { session.remove_file("/tmp/new"); }), VIX_E_NOT_A_FILE);
    session.remove_file("/tmp/new/-odd\nname");
    session.remove_folder("/tmp/new");
    EXPECT_EQ(code_of([&] { session.info("/tmp/new"); }), VIX_E_FILE_NOT_FOUND);
    EXPECT_EQ(code_of([&] { session.list("/tmp/new"); }), VIX_E_FILE_NOT_FOUND);
}

TEST_F(InGuest, WhatTheUserMayNotIsRefused) {
    EXPECT_EQ(code_of([&] { root().remove_folder("/etc/passwd"); }), VIX_E_NOT_A_DIRECTORY);
    EXPECT_EQ(code_of([&] { root().list("/etc/passwd"); }), VIX_E_NOT_A_DIRECTORY);
    EXPECT_EQ(code_of([&] { as("guest").remove_file("/etc/passwd"); }), VIX_E_FILE_ACCESS_ERROR);
    EXPECT_TRUE(root().file_exists("/etc/passwd"));
}

TEST_F(InGuest, InfoIsOfTheFileItself) {
    folder->write("five", "12345");
    root().copy_in(*folder / "five", "/tmp/five");
    root().run_program("/bin/ln", {"-sf", "five", "/tmp/link"}, Wait::UntilItEnds);
    EXPECT_EQ(root().info("/tmp/five").size, 5);
    EXPECT_GT(root().info("/tmp/five").modified, 1600000000);
    EXPECT_TRUE(root().info("/tmp/link").is_link);
    EXPECT_TRUE(root().info("/etc").is_folder);
}

TEST_F(InGuest, ProcessesAreListedAndEnded) {
    const auto pid = as("guest").run_program("/bin/sleep", {"1000"}, Wait::No).pid;
    const auto find = [&] {
        const auto all = root().processes();
        const auto found = std::find_if(all.begin(), all.end(),
                                        [&](const auto& process) { return process.pid == pid; });
        return found == all.end() ? GuestProcess{} : *found;
    };
    const auto process = find();
    EXPECT_EQ(process.name, "sleep");
    EXPECT_EQ(process.owner, "guest");
    EXPECT_EQ(process.command, "/bin/sleep 1000");
    EXPECT_GT(process.started, 1600000000);
    EXPECT_EQ(code_of([&] { as("guest").end_process(1); }), VIX_E_GUEST_USER_PERMISSIONS);
    as("guest").end_process(pid);
    EXPECT_EQ(find().pid, 0);
    EXPECT_EQ(code_of([&] { root().end_process(999999); }), VIX_E_NO_SUCH_PROCESS);
    EXPECT_EQ(code_of([&] { root().end_process((1LL << 32) + 1); }), VIX_E_NO_SUCH_PROCESS);
}

TEST_F(InGuest, EnvironmentIsTheUsersOwn) {
    auto session = as("guest");
    session.set_environment({"VIX_TEST=a b"});
    const auto variables = session.environment();
    EXPECT_NE(std::find(variables.begin(), variables.end(), "USER=guest"), variables.end());
    const auto run =
        session.run_program("/bin/sh", {"-c", "test \"$VIX_TEST\" = 'a b'"}, Wait::UntilItEnds);
    EXPECT_EQ(run.exit_code, 0);
}

}  // namespace
}  // namespace vix::power
