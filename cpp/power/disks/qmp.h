// Client of the QEMU Machine Protocol, for a running qemu-storage-daemon.
#pragma once

#include <boost/filesystem/path.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "power/libvirt/host_socket.h"

namespace vix::power {

class Qmp {
  public:
    // Error VIX_E_DISK_NOIO if nobody serves that socket.
    Qmp(const boost::filesystem::path& socket, const HostShell& host);

    // Returns the daemon's result; `arguments` is an object, or null for none. Error
    // VIX_E_DISK_NOIO, with the daemon's message, if it refuses. After an error because the answer
    // is late, the daemon can still be asked: that answer is not taken for a later one.
    nlohmann::json execute(const std::string& command, const nlohmann::json& arguments);
    nlohmann::json execute(const std::string& command);

  private:
    std::string read_line();

    boost::filesystem::path path_;
    HostSocket socket_;
    std::string unread_;
    int last_id_ = 0;
};

}  // namespace vix::power
