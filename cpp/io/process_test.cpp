#include "io/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>

#include "testing/failure.h"
#include "testing/temp_folder.h"
#include "testing/waiting.h"

namespace vix::io {
namespace {

TEST(Process, GivesWhatAProgramPrintsAndItsStatus) {
    const auto outcome = run({"sh", "-c", "echo out; echo err >&2; exit 3"});
    EXPECT_EQ(outcome.output, "out\nerr\n");
    EXPECT_EQ(outcome.status, 3);
}

TEST(Process, SignalIsAStatusAbove128) {
    EXPECT_EQ(run({"sh", "-c", "kill -TERM $$"}).status, 128 + SIGTERM);
}

TEST(Process, ArgumentsAreNotReadByAShell) {
    EXPECT_EQ(run({"printf", "%s|", "a b", "$HOME", "'"}).output, "a b|$HOME|'|");
}

TEST(Process, UnknownProgramIsSaid) {
    EXPECT_EQ(testing::code_of([] { run({"no-such-program-of-ours"}); }), VIX_E_FILE_NOT_FOUND);
}

TEST(Process, InheritsNoFile) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);  // without close-on-exec
    const auto outcome = run({"sh", "-c", "ls /proc/self/fd | wc -l"});
    close(ends[0]);
    close(ends[1]);
    EXPECT_EQ(outcome.output, "4\n");  // 0 to 2, and the folder that ls reads
}

TEST(Process, DetachedOutlivesNobodyButIsNobodysChild) {
    const testing::TempFolder folder;
    start_detached({"sh", "-c", "echo $PPID >\"$1\"", "sh", (folder / "parent").string()});
    ASSERT_TRUE(testing::wait_for_text(folder / "parent", "\n"));
    EXPECT_NE(testing::read_file(folder / "parent"), std::to_string(getpid()) + "\n");
}

}  // namespace
}  // namespace vix::io
