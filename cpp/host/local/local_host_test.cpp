#include "host/local/local_host.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>

#include "base/text.h"

namespace vix::host {
namespace {

std::string own_name() {
    std::array<char, 256> buffer{};
    EXPECT_EQ(gethostname(buffer.data(), buffer.size() - 1), 0);
    return buffer.data();
}

TEST(LocalHost, NoNameMeansThisHost) {
    EXPECT_TRUE(names_this_host(""));
}

TEST(LocalHost, LoopbackNamesMeanThisHost) {
    EXPECT_TRUE(names_this_host("localhost"));
    EXPECT_TRUE(names_this_host("LocalHost"));
    EXPECT_TRUE(names_this_host("127.0.0.1"));
    EXPECT_TRUE(names_this_host("::1"));
}

TEST(LocalHost, ItsOwnNameMeansThisHost) {
    EXPECT_TRUE(names_this_host(own_name()));
    EXPECT_TRUE(names_this_host(own_name().substr(0, own_name().find('.'))));
    EXPECT_TRUE(names_this_host("https://" + own_name() + "/sdk"));
}

TEST(LocalHost, ReadsTheHostOfAUrl) {
    EXPECT_TRUE(names_this_host("https://localhost"));
    EXPECT_TRUE(names_this_host("https://localhost/sdk"));
    EXPECT_TRUE(names_this_host("HTTPS://localhost:8333/sdk"));
    EXPECT_TRUE(names_this_host("http://127.0.0.1:902"));
    EXPECT_TRUE(names_this_host("https://[::1]:443/sdk"));
}

TEST(LocalHost, OthersAreElsewhere) {
    EXPECT_FALSE(names_this_host("esx.example.org"));
    EXPECT_FALSE(names_this_host("localhost.example.org"));
    EXPECT_FALSE(names_this_host("10.0.0.1"));
    EXPECT_FALSE(names_this_host("https://esx.example.org/sdk"));
    EXPECT_FALSE(names_this_host("https://esx.example.org/localhost"));
}

TEST(LocalHost, MalformedNamesAreElsewhere) {
    EXPECT_FALSE(names_this_host(" "));
    EXPECT_FALSE(names_this_host("https://"));
    EXPECT_FALSE(names_this_host("https:///sdk"));
    EXPECT_FALSE(names_this_host("https://["));
    EXPECT_FALSE(names_this_host("https://[::1"));
    EXPECT_FALSE(names_this_host("https://[]:443"));
}

}  // namespace
}  // namespace vix::host
