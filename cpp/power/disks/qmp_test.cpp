#include "power/disks/qmp.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include "testing/process/temp_folder.h"

namespace vix::power {
namespace {

using Json = nlohmann::json;

// Before each answer it sends a late one, to an earlier request.
void serve_late_answers(int listener) {
    const int client = accept(listener, nullptr, nullptr);
    const auto say = [&](const std::string& line) {
        EXPECT_EQ(send(client, (line + '\n').data(), line.size() + 1, MSG_NOSIGNAL),
                  static_cast<ssize_t>(line.size() + 1));
    };
    say(R"({"QMP": {}})");
    char buffer[4096];
    for (;;) {
        const ssize_t count = recv(client, buffer, sizeof buffer, 0);
        if (count <= 0) break;
        const Json request = Json::parse(std::string(buffer, static_cast<std::size_t>(count)));
        const int id = request.at("id");
        say(Json{{"return", "late"}, {"id", id - 1}}.dump());
        say(Json{{"return", request.at("execute")}, {"id", id}}.dump());
    }
    close(client);
}

TEST(Qmp, TakesNoLateAnswerForALaterOne) {
    const testing::TempFolder folder;
    const auto path = folder / "socket";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(listen(listener, 1), 0);
    std::thread server{[&] { serve_late_answers(listener); }};
    {
        const HostShell host{io::Environment::of_process()};
        Qmp qmp{path, host};
        EXPECT_EQ(qmp.execute("first"), "first");
        EXPECT_EQ(qmp.execute("second"), "second");
    }
    server.join();
    close(listener);
}

}  // namespace
}  // namespace vix::power
