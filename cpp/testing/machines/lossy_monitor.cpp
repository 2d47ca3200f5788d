#include "testing/machines/lossy_monitor.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/filesystem/operations.hpp>
#include <cstring>
#include <nlohmann/json.hpp>

namespace fs = boost::filesystem;

namespace vix::testing {
namespace {

using Json = nlohmann::json;

constexpr int kPoll_ms = 20;

sockaddr_un address_of(const fs::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    return address;
}

io::Descriptor new_socket() {
    return io::Descriptor{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
}

bool send_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = send(descriptor, text.data(), text.size(), MSG_NOSIGNAL);
        if (count <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

// Adds what has arrived; false at the end of the connection.
bool receive(int descriptor, std::string& text) {
    char buffer[4096];
    const ssize_t count = recv(descriptor, buffer, sizeof buffer, 0);
    if (count <= 0) return false;
    text.append(buffer, static_cast<std::size_t>(count));
    return true;
}

bool take_line(std::string& text, std::string& line) {
    const auto end = text.find('\n');
    if (end == std::string::npos) return false;
    line = text.substr(0, end + 1);
    text.erase(0, end + 1);
    return true;
}

}  // namespace

LossyMonitor::LossyMonitor(const fs::path& socket)
    : socket_{socket}, real_{socket.string() + ".real"}, listener_{new_socket()} {
    fs::rename(socket_, real_);
    const sockaddr_un address = address_of(socket_);
    bind(listener_.number, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    listen(listener_.number, 1);
    thread_ = std::thread{[this] { serve(); }};
}

LossyMonitor::~LossyMonitor() {
    ends_ = true;
    thread_.join();
    listener_.shut();
    boost::system::error_code ignored;
    fs::rename(real_, socket_, ignored);  // the server may have ended
}

void LossyMonitor::lose(Loses what, const std::string& command, int skipped) {
    const std::lock_guard lock{mutex_};
    what_ = what;
    command_ = command;
    skipped_ = skipped;
    armed_ = true;
    lost_ = false;
}

bool LossyMonitor::stop_losing() {
    const std::lock_guard lock{mutex_};
    armed_ = false;
    stays_away_ = false;
    return lost_;
}

bool LossyMonitor::is_away() {
    const std::lock_guard lock{mutex_};
    return stays_away_ && lost_;
}

bool LossyMonitor::is_lost(const std::string& line) {
    const std::lock_guard lock{mutex_};
    if (!armed_) return false;
    const std::string command = Json::parse(line, nullptr, false).value("execute", "");
    if (!command_.empty() && command != command_) return false;
    if (skipped_-- > 0) return false;
    armed_ = false;
    lost_ = true;
    return true;
}

void LossyMonitor::serve() {
    while (!ends_) {
        pollfd waits{listener_.number, POLLIN, 0};
        if (poll(&waits, 1, kPoll_ms) <= 0) continue;
        const io::Descriptor client{accept4(listener_.number, nullptr, nullptr, SOCK_CLOEXEC)};
        if (client.number >= 0 && !is_away()) relay(client.number);
    }
}

// Until one of both ends. The server serves one connection at a time.
void LossyMonitor::relay(int client) {
    const io::Descriptor connection = new_socket();
    const int server = connection.number;
    const sockaddr_un address = address_of(real_);
    bool open = connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    std::string asked;
    std::string answered;
    std::string line;
    bool swallows = false;  // the next answer
    while (open && !ends_) {
        pollfd waits[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
        poll(waits, 2, kPoll_ms);
        if (waits[0].revents != 0) open = receive(client, asked);
        while (open && take_line(asked, line)) {
            const bool loses = is_lost(line);
            if (loses && what_ == Loses::Request) open = false;
            swallows = swallows || loses;
            open = open && send_all(server, line);
        }
        if (open && waits[1].revents != 0) open = receive(server, answered);
        while (open && take_line(answered, line)) {
            Json answer = Json::parse(line, nullptr, false);
            if (swallows && (answer.contains("return") || answer.contains("error"))) {
                swallows = false;
                open = what_ == Loses::Error;
                answer.erase("return");
                answer["error"] = {{"class", "GenericError"}, {"desc", "lost by the test"}};
                line = answer.dump() + '\n';
            }
            open = open && send_all(client, line);
        }
    }
}

}  // namespace vix::testing
