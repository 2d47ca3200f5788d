#include "power/disks/qmp.h"

#include <sys/socket.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace vix::power {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kChunk = 4096;
constexpr std::size_t kLineLimit = std::size_t{16} << 20;
}  // namespace

// The daemon's first line is its greeting.
Qmp::Qmp(const boost::filesystem::path& socket, const HostShell& host)
    : path_{socket}, socket_{socket, host} {
    read_line();
    execute("qmp_capabilities");
}

std::string Qmp::read_line() {
    for (;;) {
        const auto end = unread_.find('\n');
        if (end != std::string::npos) {
            std::string line = unread_.substr(0, end);
            unread_.erase(0, end + 1);
            return line;
        }
        char buffer[kChunk];
        const ssize_t count = recv(socket_.descriptor(), buffer, sizeof buffer, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0 || unread_.size() > kLineLimit) {
            throw Error{VIX_E_DISK_NOIO, "the image server does not answer at " + path_.string()};
        }
        unread_.append(buffer, static_cast<std::size_t>(count));
    }
}

Json Qmp::execute(const std::string& command) {
    return execute(command, nullptr);
}

Json Qmp::execute(const std::string& command, const Json& arguments) {
    const int id = ++last_id_;
    Json request{{"execute", command}, {"id", id}};
    if (!arguments.is_null()) request["arguments"] = arguments;
    // A path may be any bytes. The daemon accepts UTF-8 only, and will not find such a path.
    std::string text = request.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
    for (std::string_view rest = text; !rest.empty();) {
        const ssize_t count = send(socket_.descriptor(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw system_error(errno, "sending a request to", path_.string());
        rest.remove_prefix(static_cast<std::size_t>(count));
    }
    for (;;) {
        const Json answer = Json::parse(read_line(), nullptr, false);
        if (!answer.is_object() || answer.contains("event")) continue;
        if (answer.value("id", id) != id) continue;  // late, to an earlier request
        if (answer.contains("return")) return answer["return"];
        throw Error{VIX_E_DISK_NOIO, "qemu-storage-daemon refuses " + command + ": " +
                                         answer.value("error", Json::object()).value("desc", "")};
    }
}

}  // namespace vix::power
