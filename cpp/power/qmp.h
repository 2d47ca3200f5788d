// QEMU's machine protocol: asks a qemu-storage-daemon that runs for something.
#pragma once

#include <boost/filesystem/path.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vix::power {

class Qmp {
  public:
    // Error VIX_E_DISK_NOIO when nobody serves that socket.
    explicit Qmp(const boost::filesystem::path& socket);
    ~Qmp();
    Qmp(const Qmp&) = delete;
    Qmp& operator=(const Qmp&) = delete;

    // What the daemon returns; `arguments` is an object, or null for none. Error VIX_E_DISK_NOIO
    // with its words when it refuses.
    nlohmann::json execute(const std::string& command, const nlohmann::json& arguments);
    nlohmann::json execute(const std::string& command);

  private:
    std::string read_line();

    boost::filesystem::path path_;
    int descriptor_ = -1;
    std::string unread_;
};

}  // namespace vix::power
