#include "power/libvirt/host_shell.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <boost/filesystem/operations.hpp>

#include "io/process/process.h"
#include "power/libvirt/ssh.h"
#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"
#include "testing/process/waiting.h"

namespace vix::power {
namespace {

using Words = std::vector<std::string>;

Words without_options(const std::string& uri) {
    Words words = ssh_command(uri).value_or(Words{});
    for (std::size_t i = 0; i + 1 < words.size();) {
        const bool usual = words[i] == "-o" && !words[i + 1].starts_with("StrictHostKey") &&
                           !words[i + 1].starts_with("UserKnownHosts");
        if (usual) {
            const auto option = words.begin() + static_cast<std::ptrdiff_t>(i);
            words.erase(option, option + 2);
        } else {
            ++i;
        }
    }
    return words;
}

TEST(SshCommand, LogsInAsLibvirtDoes) {
    EXPECT_EQ(without_options("qemu+ssh://host/system"), (Words{"ssh", "-T", "--", "host"}));
    EXPECT_EQ(without_options("qemu+ssh://me@host:2222/session"),
              (Words{"ssh", "-T", "-p", "2222", "-l", "me", "--", "host"}));
    EXPECT_EQ(without_options("qemu+ssh://[fe80::1]:2222/system"),
              (Words{"ssh", "-T", "-p", "2222", "--", "fe80::1"}));
    EXPECT_EQ(without_options("qemu+libssh2://host/system?keyfile=/a%20b&known_hosts=/k"),
              (Words{"ssh", "-T", "-o", "UserKnownHostsFile=/k", "-i", "/a b", "--", "host"}));
    EXPECT_EQ(without_options("qemu+ssh://host/system?no_tty=1&no_verify=1&command=/opt/ssh"),
              (Words{"/opt/ssh", "-T", "-o", "StrictHostKeyChecking=no", "--", "host"}));
}

TEST(SshCommand, ANameThatLooksLikeAnOptionIsNone) {
    const auto words = without_options("qemu+ssh://-oProxyCommand=x/system");
    EXPECT_EQ(words, (Words{"ssh", "-T", "--", "-oProxyCommand=x"}));
}

TEST(SshCommand, ThereIsNoneForOtherWays) {
    for (const char* uri : {"qemu:///system", "qemu+unix:///system", "qemu+tcp://host/system",
                            "qemu+tls://host/system", "qemu+ssh:///system", "host", "",
                            "qemu+ssh://a b/system", "qemu+ssh://host:port/system"}) {
        EXPECT_EQ(ssh_command(uri), std::nullopt) << uri;
    }
}

TEST(HostShell, ArgumentsArriveAsTheyAre) {
    const HostShell host{io::Environment::of_process()};
    const std::string odd = "a 'b' \"c\" $HOME `id` \\ \n *";
    const auto outcome = host.run("printf '%s|' \"$@\"", {odd, "", "-n"});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.output, odd + "||-n|");
}

TEST(HostShell, MoreArgumentsThanACommandLineHolds) {
    const HostShell host{io::Environment::of_process()};
    const Words many(50, std::string(10000, 'x'));
    EXPECT_EQ(host.run("echo $#", many).output, "50\n");
}

TEST(HostShell, FailureIsTheErrorThatTheCallerNames) {
    const HostShell host{io::Environment::of_process()};
    const auto fail = [&] { host.result(VIX_E_DISK_NOIO, "doing", "echo why; exit 2", {}); };
    EXPECT_EQ(testing::code_of(fail), VIX_E_DISK_NOIO);
    EXPECT_EQ(testing::detail_of(fail), "doing: why");
}

// A shell with QEMU's command line, including an argument as libvirt passes it.
TEST(HostShell, FindsTheProcessOfADomainByItsName) {
    const testing::TempFolder folder;
    boost::filesystem::create_symlink("/bin/sh", folder / "qemu-system");
    const HostShell host{io::Environment::of_process()};
    const io::Companion machine{
        io::Environment::of_process(),
        {(folder / "qemu-system").string(), "-c", "echo $$ >\"$1\"; read end",
         "guest=vm.1-abcd,debug-threads=on", (folder / "pid").string()}};
    ASSERT_TRUE(testing::wait_for_text(folder / "pid", "\n"));
    const auto process = host.process_of_domain("vm.1-abcd");
    ASSERT_TRUE(process);
    EXPECT_EQ(std::to_string(process->pid) + '\n', testing::read_file(folder / "pid"));
    EXPECT_FALSE(io::is_stale(process->member));
}

TEST(Companion, LivesAsLongAsTheObject) {
    const testing::TempFolder folder;
    const auto file = folder.write("pid", "");
    {
        const io::Companion companion{io::Environment::of_process(),
                                      {"sh", "-c", "echo $$ >\"$1\"; cat", "sh", file.string()}};
        ASSERT_TRUE(testing::wait_for_text(file, "\n"));
        EXPECT_EQ(kill(std::stoi(testing::read_file(file)), 0), 0);
    }
    EXPECT_NE(kill(std::stoi(testing::read_file(file)), 0), 0);
}

TEST(Companion, TellsItsLastWordsOnceItHasEnded) {
    io::Companion failing{io::Environment::of_process(), {"sh", "-c", "echo gone >&2; exit 1"}};
    std::optional<std::string> words;
    EXPECT_TRUE(testing::wait_until([&] { return (words = failing.last_words()).has_value(); }));
    EXPECT_EQ(words, "gone\n");
    io::Companion living{io::Environment::of_process(), {"cat"}};
    EXPECT_EQ(living.last_words(), std::nullopt);
}

}  // namespace
}  // namespace vix::power
