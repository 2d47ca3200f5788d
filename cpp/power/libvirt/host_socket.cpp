#include "power/libvirt/host_socket.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/error.h"
#include "base/text.h"

namespace fs = boost::filesystem;

namespace vix::power {
namespace {

constexpr time_t kPatience_s = 60;
constexpr auto kPoll = std::chrono::milliseconds{20};
constexpr auto kForwardPatience = std::chrono::seconds{30};

// Without a number, and with errno set, if that fails.
io::Descriptor connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return {};
    }
    std::memcpy(address.sun_path, path.c_str(), path.size());
    io::Descriptor descriptor{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (descriptor.number < 0) return descriptor;
    const timeval patience{kPatience_s, 0};
    setsockopt(descriptor.number, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const auto* peer = reinterpret_cast<const sockaddr*>(&address);
    if (connect(descriptor.number, peer, sizeof address) == 0) return descriptor;
    const int reason = errno;
    descriptor.shut();
    errno = reason;
    return descriptor;
}

}  // namespace

PrivateFolder::PrivateFolder(const io::Environment& environment) {
    std::string name = environment.find("TMPDIR").value_or("");
    if (!name.starts_with('/')) name = "/tmp";
    name += "/vmware-vix-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw system_error(errno, "creating", name);
    path_ = name;
}

PrivateFolder::~PrivateFolder() {
    boost::system::error_code ignored;
    fs::remove_all(path_, ignored);
}

HostSocket::HostSocket(const fs::path& path, const HostShell& host) {
    if (!host.is_this_host()) {
        forward(path, host);
        return;
    }
    descriptor_ = connect_to(path.string());
    if (descriptor_.number >= 0) return;
    const Error error = system_error(errno, "connecting to", path.string());
    throw Error{VIX_E_DISK_NOIO, "the image server cannot be reached: " + error.detail()};
}

void HostSocket::forward(const fs::path& path, const HostShell& host) {
    folder_.emplace(host.environment());
    const fs::path here = folder_->path() / "socket";
    ssh_.emplace(host.environment(), host.forwarding(here, path));
    const auto end = std::chrono::steady_clock::now() + kForwardPatience;
    std::optional<std::string> last_words;
    while ((descriptor_ = connect_to(here.string())).number < 0) {
        last_words = ssh_->last_words();
        if (last_words || std::chrono::steady_clock::now() > end) break;
        std::this_thread::sleep_for(kPoll);
    }
    if (descriptor_.number >= 0) return;
    throw Error{VIX_E_DISK_NOIO,
                "the image server cannot be reached at " + path.string() +
                    " through ssh: " + std::string{trim(last_words.value_or("no answer"))}};
}

}  // namespace vix::power
